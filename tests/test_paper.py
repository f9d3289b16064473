"""Small files that are whole or not there."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from driftline import paper
from driftline.errors import UnreadableData

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import sys
from pathlib import Path
from driftline import paper
place, count = Path(sys.argv[1]), 0
while True:
    count += 1
    paper.write(place, {"count": count, "same": [count] * 2000})
    print(count, flush=True)
"""


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """A record comes back, and where nothing was written there is None."""
    assert paper.read(tmp_path / "a.json") is None
    paper.write(tmp_path / "below" / "a.json", {"a": 1})
    assert paper.read(tmp_path / "below" / "a.json") == {"a": 1}
    assert [path.name for path in (tmp_path / "below").iterdir()] == ["a.json"]


@pytest.mark.parametrize("text", ["{", "[1]", ""])
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    """A file that somebody else spoilt is named."""
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UnreadableData, match=r"a\.json"):
        paper.read(tmp_path / "a.json")


def test_whoever_writes_at_once_writes_whole_files(tmp_path: Path) -> None:
    """Writers of one number, threads or processes of containers that share a folder, do not disturb each other: one is the last."""
    place = tmp_path / "a.json"

    def written(count: int) -> None:
        for _ in range(20):
            paper.write(place, {"same": [count] * 500})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(written, range(8)))
    assert len(set(json.loads(place.read_text())["same"])) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_kill_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    """A writer that is killed at any moment leaves a whole file."""
    place = tmp_path / "a.json"
    for often in (1, 3, 7, 20):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(place)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(often):
                writer.stdout.readline()
            writer.kill()
        found = json.loads(place.read_text())
        assert found["count"] >= often
        assert set(found["same"]) == {found["count"]}
