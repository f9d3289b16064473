"""Events on a model's axis of time: what happened, at the window that it belongs to, as marks and as a list."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from typing import TYPE_CHECKING, Any

from driftline.pages.incident import title
from driftline.reports.wording import clean, instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.store.happenings import Happening
    from driftline.window import Window

SIGNS = {"alert": "▲", "decision": "◆", "training": "↻", "rollout": "⇧", "settings": "⚙", "annotation": "✎"}
"""How each kind is marked."""

SHOWN = 60
"""So many are shown, the newest."""


def events(happened: Sequence[Happening], windows: Sequence[Window], *, model: str, name: str, author: str = "") -> list[dict[str, Any]]:
    """What happened within the windows that are shown, the newest first.

    Args:
        happened: everything known, the newest first.
        windows: those shown, in the order of time.
        model: the address of the model's page.
        name: the monitor's.
        author: who looks; they may take away what they wrote.

    Returns:
        For each event its kind, its sign, the place of its window among `windows`, words, when, who, and where a link leads.
    """
    places = {window.label: at for at, window in enumerate(windows)}
    found = []
    for one in happened:
        at = places.get(one.window) if one.window is not None else _place(one.at, windows)
        if at is not None:
            found.append(
                {
                    "kind": one.kind,
                    "sign": SIGNS[one.kind],
                    "at": at,
                    "window": clean(windows[at].label),
                    "what": title(one.what, name) if one.kind == "alert" else clean(one.what, 300),
                    "when": instant(one.at),
                    "by": clean(one.by, 80),
                    "link": _link(one, model),
                    "remove": f"{model}/annotations/{one.ident}/remove" if one.kind == "annotation" and author and one.by == author else "",
                }
            )
    return found[:SHOWN]


def _place(when: datetime, windows: Sequence[Window]) -> int | None:
    """The window that a time lies in, or the last that began before it; None before the first and where windows have no times."""
    starts = [window.start for window in windows if isinstance(window.start, datetime)]
    if len(starts) < len(windows) or not windows or when < starts[0]:
        return None
    return bisect_right(starts, when) - 1


def _link(one: Happening, model: str) -> str:
    match one.kind:
        case "alert":
            return f"/incidents/{one.ident}"
        case "settings":
            return f"{model}/settings"
        case "decision":
            return f"{model}/decisions?decision={one.ident}"
        case "training":
            return f"{model}/decisions"
        case "rollout":
            return f"{model}/rollout"
        case _:
            return ""
