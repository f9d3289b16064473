"""What a profile file holds, for people: which windows and segments, and the sum of some of them."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from driftline.errors import ConfigError, near_miss
from driftline.profile.profile import Profile
from driftline.store.shelf import Shelf
from driftline.window import Window

if TYPE_CHECKING:
    from collections.abc import Sequence


def whole(shelf: Shelf) -> Shelf:
    """The same counts with all windows of each segment added into one."""
    segments = dict.fromkeys(segment for segment, _, _ in shelf.entries)
    entries = []
    for segment in segments:
        windows = [window for name, window, _ in shelf.entries if name == segment]
        entries.append((segment, joined(windows), total([profile for name, _, profile in shelf.entries if name == segment], shelf)))
    return Shelf(shelf.plan, tuple(entries), shelf.use, shelf.about)


def joined(windows: Sequence[Window]) -> Window:
    """One window from the first of these to the last."""
    ordered = sorted(windows)
    first, last = ordered[0], ordered[-1]
    return first if len(ordered) == 1 else Window(first.index, f"{first.label} to {last.label}", first.start, last.end)


def total(profiles: Sequence[Profile], shelf: Shelf) -> Profile:
    """The sum of profiles; nothing counted where there are none."""
    return reduce(add, profiles) if profiles else Profile.empty(shelf.plan)


def chosen(shelf: Shelf, window: str | None, segment: str | None) -> tuple[str, Profile]:
    """The sum of the windows that were asked for, of one segment, and what it is called.

    Raises:
        ConfigError: there is no such window or segment.
    """
    segments = [name for name, _, _ in shelf.entries]
    if segment is not None and segment not in segments:
        known = sorted({name for name in segments if name is not None})
        raise ConfigError(f"there is no segment {segment!r}", hint=near_miss(segment, known) if known else "this profile has no segments")
    inside = [(w, profile) for name, w, profile in shelf.entries if name == segment]
    labels = [w.label for w, _ in inside]
    if window is not None and window not in labels:
        raise ConfigError(f"there is no window {window!r}", hint=_windows(window, labels))
    kept = [(w, profile) for w, profile in inside if window in {None, w.label}]
    name = joined([w for w, _ in kept]).label if kept else "nothing"
    return f"{name}, {segment}" if segment else name, total([profile for _, profile in kept], shelf)


def counted(shelf: Shelf) -> str:
    """How much a profile file holds.

    Every segment counts rows again, so only all rows are told.
    """
    rows = sum(profile.rows for segment, _, profile in shelf.entries if segment is None)
    windows = len({window for _, window, _ in shelf.entries})
    segments = len({segment for segment, _, _ in shelf.entries if segment is not None})
    parts = [plural(rows, "row"), plural(len(shelf.plan.columns), "column"), plural(windows, "window")]
    return ", ".join([*parts, plural(segments, "segment")] if segments else parts)


def plural(count: int, noun: str) -> str:
    """How many of something.

    >>> plural(1, "row"), plural(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _windows(window: str, labels: Sequence[str]) -> str:
    near = near_miss(window, labels)
    return near if near.startswith("did") or not labels else f"the windows are {labels[0]} to {labels[-1]}"
