"""`driftline check --notify`: messages for what a check found, without any service: what was told is remembered in a file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from driftline import wiring
from driftline.alerting.catching import catch_up
from driftline.config.channels import filled
from driftline.errors import OutsideError
from driftline.store.memory import Memory, keep, recall

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from driftline.config.specification import Specification
    from driftline.verdicts.report import Report

BESIDE = "driftline-told.json"
"""What the memory is called where nobody says otherwise; it lies beside the configuration."""


def notify(report: Report, specification: Specification, path: Path, now: datetime) -> int:
    """Send what has to be told now, and what could not be sent before; how many messages arrived.

    What has to leave is written down before anything leaves, and crossed out when it has arrived: a run that is killed
    in between sends it again the next time, under the same id.

    Raises:
        OutsideError: some did not arrive; they are tried again the next time.
        ConfigError: it is not said where messages go.
    """
    memory = recall(path)
    courier = wiring.courier(specification, memory.threads)
    link = partial(filled, specification.outlets.link, report.monitor)
    caught = catch_up(report, specification.alerts, memory.talks, now, link)
    fresh = [(name, one) for one in caught.announcements for name in courier.receivers(one)]
    waiting = [(name, one) for name, one in memory.waiting if name in courier.channels]
    memory = Memory(caught.talks, (*waiting, *fresh), memory.threads)
    keep(path, memory)
    arrived, failed = 0, []
    for sent in courier.bring(memory.waiting):
        if sent.error:
            failed.append(sent)
            continue
        arrived += 1
        memory = memory.without(sent.channel, sent.announcement)
        keep(path, memory)
    courier.warn(failed)
    for sent in failed:
        click.echo(f"{sent.channel}: {sent.error}", err=True)
    if failed:
        names = ", ".join(dict.fromkeys(sent.channel for sent in failed))
        raise OutsideError(
            f"{len(failed)} messages did not arrive, at {names}", hint=failed[0].hint or "they are tried again the next time"
        )
    return arrived
