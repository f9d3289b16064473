"""Runs a training request: once, however often it is asked for, and to a clear end, whatever happens."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from driftline import paper
from driftline.errors import UnreadableData
from driftline.lock import held
from driftline.training import call
from driftline.training.order import AGAIN, SCHEMA, End, Run
from driftline.training.signature import mismatch, signature_of
from driftline.training.snapshot import opened
from driftline.training.supervisor import ATTEMPT, CANCEL, EXIT, LOG, OUTPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from driftline.training.order import Order, Recipe

    Tell = Callable[[str], None]
    """Told each line of a run's log as it comes."""

RUN, LINEAGE, LOCK = "run.json", "lineage.json", "lock"
POLL = 0.05


def train(order: Order, recipe: Recipe, place: Path, tell: Tell) -> Run:
    """Train, or take what was trained for the same request before.

    Args:
        order: what is asked for.
        recipe: how it is done.
        place: the model's folder of runs.
        tell: is told the log.

    Raises:
        StateError: a run for this model is under way.
        DataError: the snapshot is not what it was.
    """
    with held(place / LOCK, f"a training run for {order.model!r}") as descriptor:
        home = place / order.key(recipe)
        before = status(home)
        if before is not None and before.end is End.TRAINED:
            return before
        opened(Path(order.rows))
        if before is not None and not before.over:
            # The runner was killed. Where its supervisor lived on, the attempt has an end of its own.
            first, run = before.attempt, _settled(order, recipe, home, before.attempt)
        else:
            first = before.attempt + 1 if before else 1
            run = _attempted(order, recipe, home, first, descriptor, tell)
        while run.end in AGAIN and run.attempt - first + 1 < recipe.attempts and not _final(home, run.attempt):
            tell(f"attempt {run.attempt} {run.end.value}: {run.why}; once more")
            run = _attempted(order, recipe, home, run.attempt + 1, descriptor, tell)
        return run


def status(home: Path) -> Run | None:
    """How a run stands, by what is written down."""
    found = paper.read(home / RUN)
    return None if found is None else Run.read(found)


def runs(place: Path) -> list[Run]:
    """All runs of a model, the newest last."""
    homes = sorted(place.glob(f"*/{RUN}"), key=lambda path: path.stat().st_mtime_ns)
    return [run for run in (status(path.parent) for path in homes) if run is not None]


def cancel(home: Path) -> bool:
    """Ask a run to end; whether there was one to ask."""
    run = status(home)
    if run is None or run.over:
        return False
    (_folder(home, run.attempt) / CANCEL).touch()
    return True


def supervised(folder: Path, recipe: Recipe, told: Mapping[str, str], descriptors: Sequence[int], tell: Tell) -> None:
    """Run a recipe once within its limits; `exit.json` in the folder says how it ended.

    Args:
        folder: where its log and its end are written.
        recipe: what is run.
        told: its environment, beside what there is.
        descriptors: open files that it inherits.
        tell: is told the log.
    """
    asked = {
        "command": list(recipe.command) or [sys.executable, "-m", "driftline.training.call", recipe.call],
        "directory": recipe.directory,
        "environment": dict(told),
        "timeout": recipe.timeout.total_seconds(),
        "memory": recipe.memory,
        "descriptors": list(descriptors),
    }
    paper.write(folder / ATTEMPT, asked)
    supervisor = [sys.executable, "-m", "driftline.training.supervisor", str(folder)]
    with subprocess.Popen(  # noqa: S603  our own module
        supervisor, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=tuple(descriptors)
    ) as watched:
        _follow(watched, folder, tell)


def ended(folder: Path) -> tuple[End, str]:
    """How what was supervised ended."""
    found = paper.read(folder / EXIT)
    return (End(found["end"]), str(found["why"])) if found else (End.LOST, "its process was killed before it was done")


def _attempted(order: Order, recipe: Recipe, home: Path, attempt: int, descriptor: int, tell: Tell) -> Run:
    """One attempt from its start to its end."""
    folder = _folder(home, attempt)
    output = folder / OUTPUT
    output.mkdir(parents=True, exist_ok=True)
    told = {
        call.ROWS: str(Path(order.rows).resolve()),
        call.OUTPUT: str(output.resolve()),
        call.CHAMPION: order.champion_model and str(Path(order.champion_model).resolve()),
        call.REASON: order.reason,
        call.RUN: home.name,
    }
    # Written down before it begins: what is killed now is found again.
    paper.write(home / RUN, Run(key=home.name, end=End.RUNNING, why="it is training", attempt=attempt).written())
    supervised(folder, recipe, told, [descriptor], tell)
    return _settled(order, recipe, home, attempt)


def _follow(watched: subprocess.Popen[bytes], folder: Path, tell: Tell) -> None:
    """Pass the log on until the attempt is over. Whoever interrupts cancels it, and waits for that."""
    place, over = 0, False
    while not over:
        try:
            try:
                watched.wait(POLL)
                over = True
            except subprocess.TimeoutExpired:
                pass
            place = _passed(folder / LOG, place, tell)
        except KeyboardInterrupt:
            (folder / CANCEL).touch()


def _passed(log: Path, place: int, tell: Tell) -> int:
    """Tell whole new lines; returns where the next begins."""
    if not log.exists():
        return place
    with log.open("rb") as file:
        file.seek(place)
        for line in file:
            if not line.endswith(b"\n"):
                break
            tell(line.decode("utf-8", "replace").rstrip())
            place += len(line)
    return place


def _settled(order: Order, recipe: Recipe, home: Path, attempt: int) -> Run:
    """What an attempt came to; written down."""
    folder = _folder(home, attempt)
    end, why = ended(folder)
    model = folder / OUTPUT
    if end is End.TRAINED:
        end, why = _inspected(order, model)
    run = Run(key=home.name, end=end, why=why, attempt=attempt, model=str(model) if end is End.TRAINED else "")
    if end is End.TRAINED:
        paper.write(home / LINEAGE, _lineage(order, recipe, run, paper.read(folder / EXIT) or {}))
    paper.write(home / RUN, run.written())
    return run


def _inspected(order: Order, model: Path) -> tuple[End, str]:
    """Whether what was written is a model that can take the champion's place."""
    if not any(path.is_file() for path in model.rglob("*")):
        return End.WROTE_NOTHING, f"it ended well, but wrote nothing into ${call.OUTPUT}"
    columns = opened(Path(order.rows)).manifest["columns"]
    try:
        champion = signature_of(Path(order.champion_model)) if order.champion_model else None
        wrong = mismatch(signature_of(model), champion, columns)
    except UnreadableData as error:
        wrong = error.fact
    return (End.OTHER_SIGNATURE, wrong) if wrong else (End.TRAINED, "it wrote a model")


def _lineage(order: Order, recipe: Recipe, run: Run, found: dict[str, object]) -> dict[str, object]:
    """From data over run to model."""
    model = Path(run.model)
    files = {path.relative_to(model).as_posix(): _digest(path) for path in sorted(model.rglob("*")) if path.is_file()}
    return {
        "schema": SCHEMA,
        "data": {"rows": order.rows, "digest": order.digest},
        "run": {
            "key": run.key,
            "attempt": run.attempt,
            "command": list(recipe.command),
            "call": recipe.call,
            "reason": order.reason,
            "seconds": found.get("seconds"),
            "peak_bytes": found.get("peak"),
        },
        "champion": order.champion,
        "model": {"folder": run.model, "files": files, "bytes": sum(path.stat().st_size for path in model.rglob("*") if path.is_file())},
    }


def _final(home: Path, attempt: int) -> bool:
    """Whether trying again would end the same way."""
    return bool((paper.read(_folder(home, attempt) / EXIT) or {}).get("final"))


def _folder(home: Path, attempt: int) -> Path:
    return home / f"attempt-{attempt}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
