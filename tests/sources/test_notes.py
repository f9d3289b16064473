from __future__ import annotations

from driftline.sources.notes import Notes


def test_a_finding_is_noted_once() -> None:
    """The same place and words are one finding; a key makes newer words replace the older."""
    notes = Notes()
    for rows in (1, 2):
        notes.add("day.csv", "broken", rows=rows, hint="mend it")
        notes.add("day.csv", f"{rows} more", key="more")
    assert [(f.where, f.what, f.rows, f.hint) for f in notes.all()] == [("day.csv", "broken", 2, "mend it"), ("day.csv", "2 more", 0, "")]
    assert "more" in notes
    assert "less" not in notes
