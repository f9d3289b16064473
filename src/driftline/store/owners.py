"""Owners of leases: which process stands behind a name, so that whoever works beside it knows at once when it is dead.

A name says in which process the owner lives, among all that ever were: the host, the start of the machine, the name spaces
of processes and of time, the number of the process, and when it began. Only who shares all but the last two can look;
on another machine, or where there is no /proc, nobody can know, and a lease has to run out; of another container, `driftline.store.roll`.
"""

from __future__ import annotations

import os
import re
import socket
import uuid
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
LIFE = re.compile(r" ([1-9]\d{0,8}) (0|[1-9]\d{0,19}) (\S+/[0-9a-f-]{36}/\d+/\d*)\Z", re.ASCII)
"""How a name ends that says where its owner lives."""

ENDED = "ZX"
"""States of a process that is dead, though whoever began it has not asked after it yet."""


@dataclass(frozen=True, slots=True)
class Life:
    """One process among all that ever were.

    Attributes:
        number: by which those of its place know it. Numbers are used again.
        began: when, in ticks since the machine was started.
        place: what it shares with all who see it under this number.
    """

    number: int
    began: int
    place: str

    @property
    def kernel(self) -> str:
        """The start of the machine, the same in all its containers."""
        return self.place.rsplit("/", 3)[1]

    def __str__(self) -> str:
        return f"{self.number} {self.began} {self.place}"


def new_owner(who: str, proc: Path = PROC) -> str:
    """A name for an owner of leases in this process, unlike that of any other, and of any other thread.

    Args:
        who: for people.
        proc: where the kernel tells of processes.
    """
    life = own_life(proc)
    # What comes before is people's: it must not be taken for a life.
    said = f"{who} {uuid.uuid4().hex[:8]}"
    return f"{said} {os.getpid()} on {_host()}" if life is None else f"{said} {life}"


def read_life(owner: str) -> Life | None:
    """In which process an owner lives; None where its name does not say so."""
    found = LIFE.search(owner)
    return Life(int(found[1]), int(found[2]), found[3]) if found else None


def own_life(proc: Path = PROC) -> Life | None:
    """This process; None where the system does not tell, or tells of processes as another name space numbers them."""
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
        _, began = _look(proc / "self")
        numbers = re.search(r"^NSpid:\s*(.*)$", (proc / "self/status").read_text(), re.MULTILINE)
        spaces = f"{_space(proc, 'pid')}/{_space(proc, 'time')}"
    except (OSError, ValueError, IndexError):
        return None
    # Several numbers: /proc belongs to an outer name space.
    if numbers is None or numbers[1].split() != [str(os.getpid())]:
        return None
    life = Life(os.getpid(), began, f"{_host()}/{boot}/{spaces}")
    return life if read_life(f" {life}") == life else None


def is_dead(owner: str, proc: Path = PROC) -> bool:
    """Whether an owner's process is known to be dead; False where it lives, and where nobody here can know."""
    life = read_life(owner)
    own = None if life is None else own_life(proc)
    if life is None or own is None or own.place != life.place:
        return False
    try:
        os.kill(life.number, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # Somebody else's: there it is.
    try:
        ended, began = _look(proc / str(life.number))
    except (OSError, ValueError, IndexError):
        # It is hidden from us, or ended while we looked: whoever looks next will know.
        return False
    return ended or began != life.began


def _look(process: Path) -> tuple[bool, int]:
    """Whether a process has ended, and when it began. One whose first thread alone has ended has not."""
    # Behind the name in brackets, which may hold anything: state, parent, …; the 18th counts its threads, the 20th is its begin.
    fields = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
    return fields[0] in ENDED and int(fields[17]) <= 1, int(fields[19])


def _space(proc: Path, kind: str) -> str:
    """The number of a name space that this process is in; empty where the kernel has none of the kind."""
    try:
        return re.sub(r"\D", "", str((proc / "self/ns" / kind).readlink()))
    except FileNotFoundError:
        return ""


def _host() -> str:
    return "-".join(socket.gethostname().split()) or "?"
