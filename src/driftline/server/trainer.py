"""The trainer: lets trainings run that decisions ask for, holds what comes out against the gate, and begins its rollout."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING

from driftline.errors import ConfigError, DriftlineError, OutsideError, UnderWay
from driftline.pages.model import WINDOWS
from driftline.release.prove import prove
from driftline.release.retrain import Request, cancel, retrain
from driftline.release.rollout import start
from driftline.reports.markdown import to_markdown
from driftline.server.logs import LOG
from driftline.server.releasing import with_rows
from driftline.store.trainings import OVER, Stage
from driftline.training.order import End

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from typing import Any

    from driftline.config.specification import Specification
    from driftline.server.service import Service
    from driftline.services.errands import Letter

RECEIVER = "trainer"
LOOKS = 1.0
"""Seconds between looks whether somebody wants a run to end."""


@dataclass(frozen=True, slots=True)
class Trainer:
    """What `driftline.services.delivery.Post` asks for: a letter is delivered when its training is over, whatever came of it."""

    service: Service
    clock: Callable[[], datetime]

    def begin(self) -> None:
        """There is nothing to look up."""

    def receivers(self, letter: Letter) -> Sequence[str]:  # noqa: ARG002  as `Post` has it
        """One."""
        return (RECEIVER,)

    def place(self, receiver: str, letter: Letter) -> str:  # noqa: ARG002  likewise
        """Here."""
        return receiver

    def deliver(self, receiver: str, letter: Letter) -> None:  # noqa: ARG002  as above
        """Let it run to a clear end.

        Raises:
            OutsideError: the database is away, or a program is at it that outlived a service; it is tried again.
        """
        training = self.service.trainings.by_decision(int(letter.body["decision"]))
        if training is None or Stage(training["state"]) in {*OVER, Stage.PROVED, Stage.RELEASING}:
            return
        try:
            self._run(training)
        except OutsideError:
            raise
        except UnderWay as error:
            # A program that outlived a service that was killed is waited for.
            raise OutsideError(error.fact, hint=error.hint) from error
        except DriftlineError as error:
            self._ended(training, Stage.FAILED, f"{error.fact} ({error.hint})")
        except Exception as error:  # noqa: BLE001  somebody's program, or a mistake of ours: it ends, and others have their turn
            LOG.exception("a mistake in driftline itself", extra={"training": training["id"]})
            self._ended(training, Stage.FAILED, f"this is a mistake in driftline itself: {type(error).__name__}: {error}")

    def _run(self, training: dict[str, Any]) -> None:
        try:
            watched = self.service.fleet.by_id(training["monitor_id"])
        except ConfigError:
            self._ended(training, Stage.CANCELLED, "its monitor is gone")
            return
        if training["stopping"]:
            self._ended(training, Stage.CANCELLED, "somebody asked it to end before it began")
            return
        specification = with_rows(self.service, watched, training["id"], training["began"])
        if training["state"] != Stage.PROVING.value:
            self._ended(training, Stage.TRAINING, "a new model is trained")
            with self._stoppable(training, specification):
                version = self._trained(training, specification)
            if not version:
                return
        self._prove(training, specification)

    def _trained(self, training: dict[str, Any], specification: Specification) -> str:
        """The challenger's version; empty where there is none, and it is written down why."""
        seen = self.service.gallery.history(specification.monitor.name, training["monitor_id"], WINDOWS)
        report = "" if seen is None else to_markdown(seen.report())
        asked = {key: value for key, value in training["request"].items() if value or key == "excluded"}
        request = Request(**asked, report=report)
        found = retrain(specification, request, training["began"], _said)
        if found.version:
            sentence = f"version {found.version} learnt from {found.snapshot.rows:,} rows, and is held against the gate"
            self._ended(training, Stage.PROVING, sentence, run=found.run.key, challenger=found.version)
            return found.version
        stage = Stage.CANCELLED if found.run.end is End.CANCELLED else Stage.FAILED
        self._ended(training, stage, f"{found.run.end.value}: {found.run.why}", run=found.run.key)
        return ""

    def _prove(self, training: dict[str, Any], specification: Specification) -> None:
        now, known = self.clock(), self.service.trainings.by_decision(training["decision_id"]) or training
        proof = prove(specification, now, _said, version=known["challenger"])
        said = proof.report.sentence
        if not proof.passes:
            self._ended(training, Stage.REFUSED, said, proof=proof.written())
            return
        records = specification.releasing.records
        if records is None:
            self._ended(training, Stage.PROVED, f"{said}; a person begins the rollout", proof=proof.written())
            return
        filed = start(specification, now, spool=str(records), version=known["challenger"])
        self._ended(training, Stage.RELEASING, filed.reason.value, proof=proof.written(), rollout=filed.written())

    def _ended(self, training: dict[str, Any], stage: Stage, sentence: str, **known: Any) -> None:
        self.service.trainings.advance(training["id"], self.clock(), stage, sentence, **known)
        LOG.info("training", extra={"training": training["id"], "stage": stage.value, "why": sentence})

    @contextmanager
    def _stoppable(self, training: dict[str, Any], specification: Specification) -> Iterator[None]:
        """Look now and then whether somebody wants the run to end."""
        done = Event()

        def watch() -> None:
            while not done.wait(LOOKS):
                known = self.service.trainings.by_decision(training["decision_id"])
                if known is not None and known["stopping"]:
                    cancel(specification)

        thread = Thread(target=watch, name=f"training {training['id']}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _said(line: str) -> None:
    LOG.info("run", extra={"line": line[:500]})
