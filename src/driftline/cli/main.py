"""The command `driftline`: finds the command that was asked for, and turns every error into a message and an exit code."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from driftline.config.environment import redact
from driftline.errors import ConfigError, DataError, DriftlineError, OutsideError, PluginError, StateError, near_miss

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.config.environment import Secret

COMMANDS: Mapping[str, str] = {
    "init": "Look at the reference data and write driftline.yaml.",
    "check": "Count, compare and judge what driftline.yaml describes.",
    "diagnose": "Say why one window drifted, with all that speaks for it.",
    "compare": "Compare CURRENT with REFERENCE, with no file to write first.",
    "profile": "Count data into a small file that adds up.",
    "merge": "Add profiles into one.",
    "show": "Show what a profile holds.",
    "alerts": "Say what fires now, and which messages the verdicts would have sent.",
    "rules": "Try the rules that make alerts.",
    "decide": "Say what to do about what a check finds, and why.",
    "backtest": "Replay the past under this policy and under simpler ones, and say which would have cost least.",
    "plan": "Write the monitoring plan: what is watched, from where, when, by which tests, how much matters, who is told.",
    "policy": "Write the retraining policy: when, by which rules, on which rows, what must be proved, how it is released, who agrees.",
    "incident": "Write the report of incident NUMBER: what happened when, why, what it cost, what is done, what to improve.",
    "serve": "Take in predictions and labels, judge windows as they close, and answer over HTTP.",
    "run": "Do one round of the cycle: count what came, judge windows that are over, train what was decided, and leave.",
    "backfill": "Count and judge again, by the newest version of each monitor, every window that ends after a day.",
    "versions": "List the versions of a model whose predictions the service counted, or hold one against another.",
    "forget": "Erase rows for good: from files, from the database, from rows that could not be read.",
    "token": "Make, list and close tokens of the service.",
    "retrain": "Train a challenger as driftline.yaml says, and put it into the registry.",
    "export": "Write what other tools need to run driftline, and to watch its service.",
    "prove": "Hold the challenger against the gate that driftline.yaml describes.",
    "rollout": "Release the challenger step by step, and take it back where it is worse.",
    "gateway": "Stand in front of model servers: split traffic, shadow, fall back to the champion, record.",
    "explain": "Explain a statistic, a setting, an error or a word.",
    "config": "Check driftline.yaml, or print its JSON Schema.",
    "demo": "Watch a model through 90 simulated days, then retrain one, release it and take a bad one back.",
    "simulate": "Write a simulated payments stream into DIRECTORY, and the truth about it beside it.",
    "version": "Print the version.",
}
"""Every command with its short help; the command itself is `driftline.cli.<name>.<name>`, loaded when it is used."""

COMPLETION = "_DRIFTLINE_COMPLETE"
"""Set by a shell that asks what could be typed next."""

STABLE, DRIFTED, MISUSED, INTERRUPTED, BROKEN_PIPE, BUG = 0, 1, 2, 130, 141, 70
EXIT_CODES: Mapping[type[DriftlineError], int] = {ConfigError: 2, DataError: 3, StateError: 4, PluginError: 5, OutsideError: 6}
"""The exit code says who must act; `docs/commands.md` lists them."""


@dataclass(slots=True)
class Session:
    """What one call of the command knows beside its arguments: secrets that must not be shown, and whether to show tracebacks."""

    secrets: tuple[Secret, ...] = field(default=(), repr=False)
    debug: bool = False


class Commands(click.Group):
    """A group that loads a command's module only when that command is used, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  as click asks
        """All commands, in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  as click asks
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"driftline.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for a typo, say what was probably meant."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise ConfigError(f"there is no command {args[0]!r}", hint=near_miss(args[0], COMMANDS))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  as click asks
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]  # overloads
        """Run, and leave with an exit code that says what happened."""
        given = list(sys.argv[1:] if args is None else args)
        name = prog_name or "driftline"
        if COMPLETION in os.environ:
            return super().main(given, name, **extra)
        own = given[: given.index("--")] if "--" in given else given
        session = Session(debug="--debug" in own or bool(os.environ.get("DRIFTLINE_DEBUG")))
        left = [word for word in own if word != "--debug"] + given[len(own) :]
        sys.exit(self._run(left, name, session))

    def _run(self, words: list[str], name: str, session: Session) -> int:
        """Run and choose the exit code. Click's own way would leave with 1, which is drifted, where a pipe breaks."""
        try:
            with self.make_context(name, words, obj=session) as ctx:
                self.invoke(ctx)
            sys.stdout.flush()
        except click.exceptions.Exit as left:
            return int(left.exit_code)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the edge: whatever happens becomes a message and an exit code
            return _leave(error, session)
        return STABLE


def _leave(error: BaseException, session: Session) -> int:
    """Say what went wrong on the standard error stream, and choose the exit code."""
    match error:
        case BrokenPipeError():
            # Whoever read our output has had enough; what is left in the buffer must not fail again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return BROKEN_PIPE
        case click.Abort() | KeyboardInterrupt():
            click.echo("interrupted", err=True)
            return INTERRUPTED
        case DriftlineError():
            _say(error.fact, error.hint, session)
            code = next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.format_message(), err=True)
            return MISUSED
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "driftline"
            _say(_fact(error.format_message()), f"{command} --help", session)
            code = MISUSED
        case click.ClickException():
            _say(_fact(error.format_message()), "", session)
            code = MISUSED
        case _:
            fact = f"this is a mistake in driftline itself: {type(error).__name__}: {error}"
            _say(fact, "run it again with --debug and report what it says", session)
            code = BUG
    if session.debug:
        _trace(error, session)
    return code


def _fact(message: str) -> str:
    """Click's message as ours are written: no capital, no full stop."""
    return f"{message[:1].lower()}{message[1:]}".rstrip(".")


def _say(fact: str, hint: str, session: Session) -> None:
    text = f"error: {fact}" + (f"\nHint: {hint}" if hint else "")
    click.echo(_safe(text, session), err=True)


def _trace(error: BaseException, session: Session) -> None:
    lines = import_module("traceback").format_exception(error)
    click.echo(_safe("".join(lines), session), err=True)


def _safe(text: str, session: Session) -> str:
    """Without secrets, and without characters that steer the terminal: names in data are a stranger's text."""
    shown = redact(text, session.secrets)
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in shown)


@click.group("driftline", cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(None, "-V", "--version", package_name="driftline", prog_name="driftline", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error; may stand anywhere.")
def main() -> None:
    """Tell noise from change in what a model is given and in what it says.

    \b
    Two files to a verdict:
      driftline compare train.parquet day.parquet
    A monitor that stays:
      driftline init --reference train.parquet
      driftline check
    See it work on a simulated stream:
      driftline demo

    Exit codes: 0 stable, 1 drifted, 2 configuration, 3 data, 4 not now, 5 plugin, 6 the outside world.
    """  # noqa: D301  click reads the mark
