"""The acts of the rehearsal: each does one thing for real, and says in plain words what was decided and why.

Nothing is forced: where a verdict does not come out by itself the act says so, and what depends on it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from driftline import replaying
from driftline.decisions.decision import Action
from driftline.rehearsal import stage as staging
from driftline.rehearsal import traffic
from driftline.rehearsal.servers import gateway, model_server
from driftline.release import reference
from driftline.release import rollout as releasing
from driftline.release.prove import prove
from driftline.release.records import Reader
from driftline.release.retrain import Request, models, request_of, retrain
from driftline.release.table import table
from driftline.reports.counsel import advice
from driftline.reports.markdown import to_markdown
from driftline.rollout.claims import Outcome
from driftline.rollout.rollout import Paused, Promoted, RolledBack
from driftline.rollout.rollout import weights as parts

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from driftline.config.specification import Specification
    from driftline.decisions.course import Decided
    from driftline.ports import Progress
    from driftline.rehearsal.stage import Stage
    from driftline.release.filed import Filed
    from driftline.release.proof import Proof
    from driftline.verdicts.report import Report

PATIENT = ("--timeout", "100", "--patience", "30", "--slow", "10")
"""Here slow answers say that the machine is busy, not that a model is."""

PACKET, SMALL = 100, 10
"""Payments in a request; in a rollout fewer, for traffic is split request by request."""

LATEST = 28
"""Where nothing was decided by this day, nothing will be: what comes after would not fit into the days there are."""


@dataclass(slots=True, kw_only=True)
class Play:
    """A rehearsal that is on.

    Attributes:
        stage: what it plays on.
        say: told each line.
        progress: told how far it is.
        open: what has to be closed at the end.
        day: the next day.
        url: of the gateway.
        kept: every line that was said.
        report: of the check that the last decision rests on.
        decided: that decision.
        done: what was done about it, with when.
        failed: what did not come out as it should.
    """

    stage: Stage
    say: Callable[[str], None]
    progress: Progress | None
    open: ExitStack
    day: int = 0
    url: str = ""
    kept: list[str] = field(default_factory=list)
    report: Report | None = None
    decided: Decided | None = None
    done: list[tuple[str, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def tell(self, line: str) -> None:
        """Say a line, and keep it."""
        self.kept.append(line)
        self.say(line)

    def act(self, title: str) -> None:
        """Begin an act."""
        self.tell(f"\n{title}")

    def log(self, line: str) -> None:
        """A line of a process's own log."""
        self.tell(f"    | {line}")

    def expect(self, what: str, *, came: bool) -> None:
        """Say whether something came out as somebody who knows the truth would have it."""
        if not came:
            self.failed.append(what)
        self.tell(f"  {'as it should be' if came else 'NOT as it should be'}: {what}")

    def note(self, what: str) -> None:
        """Keep what was done for the report of the incident."""
        self.done.append((f"{self.stage.config.date_of(self.day)}", what))


def raise_curtain(play: Play) -> None:
    """Start the champion's model server and the gateway."""
    stage = play.stage
    champion = play.open.enter_context(model_server(stage.model, stage.champion))
    options = ["--champion", champion, "--state", str(stage.state), "--spool", str(stage.records), "--id", "transaction_id"]
    play.url = play.open.enter_context(gateway([*options, *PATIENT]))
    play.act("The model answers through the gateway")
    play.tell(f"  version 1 is the champion, in a model server of its own at {champion}; the gateway is at {play.url}")
    play.tell(f"  what it is asked and what it says is written to {stage.records}, which is all that the monitor reads")


def replay_to(play: Play, last: int, packet: int = PACKET) -> None:
    """Send the payments of all days up to one, that one too."""
    while play.day <= last:
        rows = traffic.day_rows(play.stage.feed(play.day))
        answered = traffic.send(play.url, rows, packet)
        if answered < len(rows):
            play.expect(
                f"{len(rows) - answered} of {len(rows)} payments on {play.stage.config.date_of(play.day)} got no answer", came=False
            )
        play.day += 1
        if play.progress is not None:
            play.progress("replaying days", play.day, None)


def watch(play: Play) -> None:
    """The days before the attack: a campaign to be held, a fault to be named."""
    stage = play.stage
    play.act("Sixteen days go by: a sales campaign, then a feed that reports cents as euros")
    replay_to(play, staging.ATTACK - 1)
    found = list(replaying.along(stage.specification, now=stage.evening(play.day - 1), progress=play.progress))
    for _, run in groupby(found, key=lambda one: (one.decision.action, one.decision.rule)):
        same = list(run)
        first, last = same[0].evidence.window, same[-1].evidence.window
        play.tell(f"  {first if first == last else f'{first} to {last}'}  {advice(same[-1].decision)}")
    by_day = {one.evidence.window: one for one in found}
    campaign = [by_day[str(stage.config.date_of(day))] for day in range(staging.CAMPAIGN[0], staging.CAMPAIGN[1] + 1)]
    play.expect("the campaign is harmless, and is held", came=all(one.decision.action is Action.HOLD for one in campaign))
    fault = by_day[str(stage.config.date_of(staging.FAULT))].decision
    named = fault.action is Action.FIX_DATA and "amount" in fault.reason
    play.expect("the fault is named on its day, and nobody retrains on it", came=named)


def wait_for_decision(play: Play) -> bool:
    """The attack: every evening it is decided anew, until a retraining begins; whether one does."""
    stage = play.stage
    play.act("A new scam begins that the model has never seen; its labels come days late")
    said = ""
    while play.day <= LATEST:
        replay_to(play, play.day)
        at = stage.evening(play.day - 1)
        play.report, play.decided = replaying.judged_as_of(stage.specification, at, estimated=False)
        line = advice(play.decided.decision)
        if line != said:
            play.tell(f"  {stage.config.date_of(play.day - 1)}  {line}")
        said = line
        if play.decided.begins:
            break
    begun = play.decided is not None and play.decided.begins
    play.expect(f"the attack of {stage.config.date_of(staging.ATTACK)} leads to a retraining", came=begun)
    return begun


def train(play: Play) -> str:
    """Train as the decision says; the version of the challenger, empty where there is none."""
    stage, decided = play.stage, play.decided
    if decided is None:
        return ""
    play.act("A new model is trained, in a process of its own (by hand: driftline retrain --decided)")
    request = replace(request_of(decided), report=to_markdown(play.report, decision=decided.decision) if play.report else "")
    play.tell(f"  kept out of training: {', '.join(request.excluded) or 'nothing'}")
    found = retrain(stage.specification, request, stage.evening(play.day - 1), play.log)
    spoilt = str(stage.config.date_of(staging.FAULT))
    play.tell(f"  {found.snapshot.rows} rows; the newest three days of labels are kept for the gate; run {found.run.key}: {found.run.why}")
    play.expect("the window of the fault is not among the rows", came=spoilt in request.excluded)
    play.expect("the run leaves a challenger", came=bool(found.version))
    play.note(f"version {found.version or '-'} was trained on {found.snapshot.rows} rows: {request.reason}")
    return found.version


def hold_against_gate(play: Play, specification: Specification, name: str, override: tuple[str, str] | None = None) -> Proof:
    """Ask champion and challenger about rows that the challenger never saw; the table is written down."""
    proof = prove(specification, play.stage.evening(play.day - 1), lambda _: None, override=override)
    path = play.stage.place / name
    path.write_text(table(proof), encoding="utf-8")
    play.tell(f"  {proof.report.outcome.value}: {proof.report.sentence}")
    for check in proof.report.checks:
        play.tell(f"    {check.outcome.value:12} {check.sentence}")
    play.tell(f"  the table is in {path}")
    play.note(f"the gate on version {proof.challenger}: {proof.report.outcome.value}: {proof.report.sentence}")
    return proof


def release(play: Play, specification: Specification, version: str, before: str) -> Filed:
    """Roll a challenger out, day by day, until it is promoted or taken back; where the rollout stands at the end."""
    stage, registry = play.stage, models(specification)
    servers = {
        arm: play.open.enter_context(model_server(stage.model, registry.folder(staging.NAME, one)))
        for arm, one in (("champion", before), ("challenger", version))
    }
    began = stage.evening(play.day - 1)
    filed = releasing.start(specification, began, spool=str(stage.records), servers=servers)
    reader = Reader(stage.records)
    _step(play, filed)
    while filed.running and not isinstance(filed.state, Paused) and play.day < staging.DAYS:
        traffic.follow(play.url, filed.rollout, filed.step)
        replay_to(play, play.day, SMALL)
        told, before_step = filed.history[-1:], filed.step
        filed = releasing.look(specification, stage.evening(play.day - 1), reader)
        if filed.history[-1:] != told or filed.step != before_step:
            _step(play, filed)
    return filed


def _step(play: Play, filed: Filed) -> None:
    """Say where a rollout stands now, and why."""
    share, steps = parts(filed.state, filed.plan), filed.plan.steps
    where = steps[filed.step].name if 0 <= filed.step < len(steps) else type(filed.state).__name__
    asked = ", and is asked about everything" if share.mirrored else ""
    play.tell(f"  {play.stage.config.date_of(play.day)}  {where}: version {filed.challenger} answers {share.challenger:.0%}{asked}")
    play.tell(f"              {filed.reason.value}")
    play.note(f"rollout of version {filed.challenger}, {where}: {filed.reason.value}")


def improve(play: Play, version: str) -> bool:
    """Gate, shadow, canary, promotion of the new model; whether it is promoted."""
    play.act("Champion and challenger answer the same payments, which the challenger never saw (driftline prove)")
    proof = hold_against_gate(play, play.stage.specification, "gate.md")
    play.expect("the gate lets it pass", came=proof.passes)
    if not proof.passes:
        return False
    play.act("It is given traffic step by step (driftline rollout)")
    filed = release(play, play.stage.specification, version, "1")
    promoted = isinstance(filed.state, Promoted)
    play.expect("shadow and canaries end with its promotion", came=promoted)
    champion = models(play.stage.specification).aliases(staging.NAME).get("champion", "")
    play.tell(f"  the champion in the registry is version {champion}")
    renewed = reference.place_of(play.stage.specification) / reference.NOW
    if promoted and renewed.exists():
        play.tell(f"  its own answers to rows that it never saw are the new reference, in {renewed}; the one before is kept")
    return promoted


def spoil(play: Play, before: str) -> None:
    """A bad challenger is let in on purpose, and is taken back."""
    stage, now = play.stage, play.stage.evening(play.day - 1)
    play.act("Somebody in a hurry trains again, with a forgotten filter: payments at the counter only (hurry.yaml)")
    found = retrain(stage.hurry, Request(reason="somebody was in a hurry"), now, play.log)
    if not found.version:
        play.expect(f"the careless run leaves a model: {found.run.why}", came=False)
        return
    override = ("somebody in a hurry", "it will be fine")
    proof = hold_against_gate(play, stage.hurry, "gate-hurry.md", override)
    play.expect(f"the gate does not let version {found.version} pass", came=proof.report.outcome is not Outcome.PASS)
    play.act("They override the gate, skip the shadow, and give it traffic at once")
    play.tell(f"  on record: overridden by {override[0]}: {override[1]}")
    play.note(f"{override[0]} overrode the gate for version {found.version}: {override[1]}")
    filed = release(play, stage.hurry, found.version, before)
    play.expect("it is rolled back by itself", came=isinstance(filed.state, RolledBack))
    traffic.follow(play.url, filed.rollout, filed.step)
    share = traffic.weights(play.url)["challenger"]
    champion = models(stage.specification).aliases(staging.NAME).get("champion", "")
    play.tell(f"  the gateway gives it {share:.0%} of the traffic; the champion in the registry is version {champion}")
    play.expect("the champion answers everything again", came=share == 0 and champion == before)
