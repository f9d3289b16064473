"""The page of the whole fleet: every model in a line, searched, filtered, sorted, and shown a hundred at a time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from driftline.decisions.health import FORMULA
from driftline.pages.decisions import MARKS
from driftline.reports.wording import clean, plural, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from driftline.store.glances import Listed

SHOWN = 100
WAITING = "waiting"
"""Stands for a verdict where none was given yet."""

UNKNOWN = 101
"""Whose health nobody knows comes behind those who are whole."""

VERDICTS = ("drifted", "inconclusive", "stable", WAITING)

Line = dict[str, "Any"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the fleet somebody wants to see, as its address says."""

    search: str = ""
    verdict: str = ""
    sort: str = "urgency"
    page: int = 1

    def query(self) -> str:
        """As the address has it; what is as usual is left out."""
        usual = Asked()
        names = ("search", "verdict", "sort", "page")
        said = {name: getattr(self, name) for name in names if getattr(self, name) != getattr(usual, name)}
        return "/" + (f"?{urlencode(said)}" if said else "")


def fleet(
    listed: Sequence[Listed],
    alerts: Mapping[int, int],
    asked: Asked,
    done: Mapping[int, Line] | None = None,
    released: Mapping[int, str] | None = None,
    came: Mapping[int, tuple[int, int]] | None = None,
) -> dict[str, Any]:
    """What the page shows.

    Args:
        listed: every monitor.
        alerts: how many alerts of each monitor fire.
        asked: what of them to show, and in which order.
        done: what was decided last about each, and how far its last training is, in words.
        released: where the rollout of each stands, in words.
        came: of those of which nothing was said yet, how many windows have rows, and how many rows.
    """
    lines = [
        {**_line(one, alerts, (done or {}).get(one.id), (came or {}).get(one.id)), "released": (released or {}).get(one.id, "")}
        for one in listed
    ]
    counts = Counter(line["verdict"] for line in lines)
    needle = asked.search.strip().lower()
    found = [line for line in lines if needle in line["name"].lower() or needle in line["reason"].lower()] if needle else lines
    kept = [line for line in found if not asked.verdict or line["verdict"] == asked.verdict]
    kept.sort(key=SORTS[asked.sort][1] if asked.sort in SORTS else SORTS["urgency"][1])
    pages = max(1, -(-len(kept) // SHOWN))
    at = min(max(asked.page, 1), pages)
    return {
        "asked": asked,
        "lines": kept[(at - 1) * SHOWN : at * SHOWN],
        "total": len(lines),
        "many": len(kept),
        "filters": [_filter(asked, verdict, counts[verdict]) for verdict in VERDICTS if counts[verdict]],
        "everything": replace(asked, verdict="", page=1).query(),
        "heads": _heads(asked, any(line["alerts"] for line in lines)),
        "sorts": [(name, title) for name, (title, _) in SORTS.items()],
        "page": at,
        "pages": pages,
        "earlier": replace(asked, page=at - 1).query() if at > 1 else "",
        "later": replace(asked, page=at + 1).query() if at < pages else "",
        "alerts": any(line["alerts"] for line in lines),
        "formula": FORMULA,
    }


def acts(decision: Mapping[str, Any], training: Mapping[str, Any] | None) -> Line:
    """The last decision about a model and its last training, as its line shows them."""
    waits = {"open": "a person is asked", "waits": "it waits"}.get(decision["state"], "")
    version = f": version {training['challenger']}" if training is not None and training["challenger"] else ""
    going = "" if training is None else f"{training['state']}{version}"
    return {"action": decision["action"], "mark": MARKS.get(decision["action"], "drifted"), "waits": waits, "going": clean(going, 60)}


def waits(came: tuple[int, int] | None) -> str:
    """What has come of a model of which nothing was said yet.

    >>> waits((60, 59_871)), waits(None)
    ('59,871 rows in 60 windows have come; no window has been judged yet.', 'No row has been counted yet.')
    """
    if came is None:
        return "No row has been counted yet."
    return f"{rows(came[1])} in {plural(came[0], 'window')} have come; no window has been judged yet."


def _line(one: Listed, alerts: Mapping[int, int], done: Line | None, came: tuple[int, int] | None) -> Line:
    told = one.standing or {}
    return {
        "name": clean(one.name, 80),
        "link": f"/models/{quote(one.name, safe='')}",
        "verdict": told.get("verdict", WAITING),
        "reason": told.get("reason", waits(came)),
        "since": told.get("since", ""),
        "window": told.get("window", ""),
        "judged": told.get("judged", ""),
        "health": told.get("health"),
        "spark": told.get("spark"),
        "drift": told.get("drift", ""),
        "stake": told.get("stake"),
        "score": told.get("score"),
        "labels": told.get("labels"),
        "columns": told.get("columns", 0),
        "drifted": told.get("drifted", 0),
        "named": told.get("named", ()),
        "alerts": alerts.get(one.id, 0),
        "done": done,
    }


def _urgency(line: Line) -> tuple[Any, ...]:
    health = line["health"]
    worse = health is not None and health["worse"]
    return VERDICTS.index(line["verdict"]), -line["alerts"], not worse, -line["drifted"], line["name"].lower()


SORTS: Mapping[str, tuple[str, Callable[[Line], Any]]] = {
    "urgency": ("urgency", _urgency),
    "name": ("name", lambda line: line["name"].lower()),
    "score": ("health", lambda line: (line["score"]["value"] if line["score"] else UNKNOWN, line["name"].lower())),
    "health": ("performance", lambda line: (*_health(line["health"]), line["name"].lower())),
    "labels": ("label coverage", lambda line: (line["labels"]["coverage"] if line["labels"] else 2.0, line["name"].lower())),
    "drifted": ("drifted columns", lambda line: (-line["drifted"], line["name"].lower())),
    "decision": ("what waits for a person", lambda line: (not (line["done"] or {}).get("waits"), *_urgency(line))),
    "stake": ("value at stake", lambda line: (line["stake"]["value"] if line["stake"] else 0.0, line["name"].lower())),
    "alerts": ("open alerts", lambda line: (-line["alerts"], line["name"].lower())),
    "judged": ("last judged", lambda line: (line["judged"] == "", _backwards(line["judged"]), line["name"].lower())),
}
"""What lines can be sorted by."""

HEADS = (
    ("name", "Model"),
    ("urgency", "Verdict"),
    ("score", "Health"),
    ("health", "Performance"),
    ("labels", "Labels"),
    ("drifted", "Drifted columns"),
    ("alerts", "Alerts"),
    ("decision", "Decision"),
    ("judged", "Last window"),
)


def _health(told: Mapping[str, Any] | None) -> tuple[int, int]:
    if told is None:
        return 4, 0
    return VERDICTS.index(told["verdict"]), 0 if told["worse"] else 1


def _backwards(text: str) -> tuple[int, ...]:
    return tuple(-ord(letter) for letter in text)


def _filter(asked: Asked, verdict: str, many: int) -> dict[str, Any]:
    return {"name": verdict, "many": many, "on": asked.verdict == verdict, "link": replace(asked, verdict=verdict, page=1).query()}


def _heads(asked: Asked, alerts: bool) -> list[dict[str, Any]]:  # noqa: FBT001  a fact, not a switch
    kept = [(sort, title) for sort, title in HEADS if alerts or sort != "alerts"]
    return [
        {"sort": sort, "title": title, "on": asked.sort == sort, "link": replace(asked, sort=sort, page=1).query()} for sort, title in kept
    ]
