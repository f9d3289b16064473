"""How soon known shifts are found, as lines and as JSON."""

from __future__ import annotations

import json

from driftline.decisions.detection import Detection, Trial, summed
from driftline.reports.detection import lines, to_dict

TRIALS = (
    Trial(name="times 1000", column="x", share=0.05, since="2026-03-02", delay=0, named=True),
    Trial(name="times 1000", column="y", share=0.05, since="2026-03-03", delay=None),
    Trial(name="moved by 0.1 sd", column="x", share=1.0, since="2026-03-02", delay=None),
)
DETECTION = Detection(monitor="m", trials=TRIALS, found=summed(TRIALS), horizon=7, windows=30, alarms=1)


def test_a_line_for_each_shift() -> None:
    """Shift, share of rows, tries, what was found at once, by when half was, what was missed, and what was called by its name."""
    told = list(lines(DETECTION))
    assert told[1].split() == ["times", "1000", "5%", "2", "50%", "+0", "50%", "(9%", "to", "91%)", "100%"]
    assert told[2].split()[-5:] == ["never", "100%", "(21%", "to", "100%)"]
    assert "66.7% were missed" in told[3]
    assert told[4] == "as the past is, 1 of its 30 windows drifted"


def test_json_holds_every_trial() -> None:
    """What is written is plain, and each trial can be read from it."""
    document = json.loads(json.dumps(to_dict(DETECTION)))
    assert document["trials"][1] == {
        "name": "times 1000",
        "column": "y",
        "share": 0.05,
        "since": "2026-03-03",
        "delay": None,
        "named": None,
    }
    assert document["found"][0]["tries"] == 2
    assert document["schema"] == 1
