"""The rehearsal from its first act to its last, and the papers that it leaves."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from driftline.alerting.replay import replay
from driftline.rehearsal import acts, stage
from driftline.reports import papers
from driftline.reports.papers import Paper, Section

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from driftline.ports import Progress


def rehearse(
    place: Path, *, seed: int, today: date, rows: int, say: Callable[[str], None], progress: Progress | None = None
) -> tuple[str, ...]:
    """Play the whole loop in a folder; what did not come out as it should.

    Args:
        place: the folder.
        seed: of the stream.
        today: the machine's date, before which the stream ends.
        rows: payments a day.
        say: told each line.
        progress: told how far it is.

    Raises:
        ConfigError: the folder is somebody else's.
        OutsideError: a process did not begin.
    """
    built = stage.build(place, stage.stream(seed, today, rows), progress=progress)
    with ExitStack() as opened:
        play = acts.Play(stage=built, say=say, progress=progress, open=opened)
        acts.raise_curtain(play)
        acts.watch(play)
        version = acts.train(play) if acts.wait_for_decision(play) else ""
        promoted = bool(version) and acts.improve(play, version)
        acts.spoil(play, version if promoted else "1")
        _report(play)
        (place / "story.txt").write_text("\n".join(play.kept).lstrip() + "\n", encoding="utf-8")
    return tuple(play.failed)


def _report(play: acts.Play) -> None:
    """The report of the incident that the last decision answered, with what was done about it."""
    play.act("The report of the incident")
    if play.report is None or play.decided is None:
        play.expect("there is an incident to report", came=False)
        return
    specification = play.stage.specification
    board, _ = replay(play.report, specification.alerts)
    if not board.incidents:
        play.expect("the attack is an incident", came=False)
        return
    found = papers.incident(specification.monitor, board.incidents[-1], play.report, play.decided)
    done = Section("What was done", (), (("when", "what"), *play.done))
    paper = Paper(found.title, (*found.sections[:-1], done, found.sections[-1]))
    (play.stage.place / "incident.md").write_text(papers.to_markdown(paper), encoding="utf-8")
    (play.stage.place / "incident.html").write_text(papers.to_html(paper), encoding="utf-8")
    play.tell(f"  {found.title} is in {play.stage.place / 'incident.html'}")
