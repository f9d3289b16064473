from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.engines.cells import cells
from driftline.engines.meaning import hash_array, hash_cells, hash_texts, is_utf8, meaning
from driftline.profile import reference
from driftline.profile.bins import LevelBins
from driftline.profile.hashing import hash_text
from driftline.profile.plan import Planned
from driftline.schema import Column, Kind, Role

if TYPE_CHECKING:
    from typing import Any


def planned(kind: Kind = Kind.CATEGORY, levels: tuple[str, ...] = ("a", "b"), role: Role = Role.FEATURE) -> Planned:
    """A column with levels."""
    return Planned(Column(name="x", kind=kind, role=role), LevelBins(levels))


class TestMeaning:
    def test_gives_each_level_its_bin_and_the_rest_the_last(self) -> None:
        """Levels go to their bins, null to none, all else to the bin of unseen values in order of hash."""
        meant = meaning(planned(), pa.array(["b", "z", None, "a", "y"]))
        assert meant.places.tolist() == [1, 2, -1, 0, 2]
        assert [meant.text(code) for code in meant.unseen] == sorted(["z", "y"], key=hash_text)

    def test_joins_codes_that_mean_the_same_text(self) -> None:
        """A dictionary that lists a value twice, or numbers of one text, count as one unseen value."""
        meant = meaning(planned(), pa.array(["z", "z", "y"]))
        assert meant.same is not None
        assert meant.same.tolist() == [0, 0, 2]
        assert len(meant.unseen) == 2
        assert meaning(planned(), pa.array([0.0, -0.0])).same.tolist() == [0, 0]

    def test_reads_truth_in_many_spellings(self) -> None:
        """Every way to write truth that is known goes to its bin; others are of the wrong type."""
        column = planned(Kind.BOOLEAN, ("false", "true"))
        assert meaning(column, pa.array(["True", " 1", "FALSE", "0", "yes", None])).places.tolist() == [1, 1, 0, 0, -2, -1]
        assert meaning(column, pa.array([0.0, 1.0, 2.0, float("nan")])).places.tolist() == [0, 1, -2, -1]

    def test_knows_its_own_values_again(self) -> None:
        """The same values in the same order need not be looked at twice."""
        meant = meaning(planned(), pa.array(["a", "b"]))
        assert meant.is_of(pa.array(["a", "b"]))
        assert not meant.is_of(pa.array(["b", "a"]))


class TestHashes:
    @given(texts=st.lists(st.one_of(st.none(), st.text()), max_size=9))
    def test_texts_hash_as_defined(self, texts: Any) -> None:
        """None hashes as the empty text, as in the definition."""
        assert hash_texts(texts).tolist() == [hash_text(text or "") for text in texts]

    @pytest.mark.parametrize("kind", list(Kind))
    @pytest.mark.parametrize("role", [Role.FEATURE, Role.ID])
    @pytest.mark.parametrize(
        "array", [pa.array([1.5, -0.0, None, float("nan")]), pa.array(["1.5", "x", None, ""]), pa.array([3, None, -4])], ids=str
    )
    def test_cells_hash_as_defined(self, kind: Kind, role: Role, array: pa.Array) -> None:
        """The quick hash of cells is that of the definition, whatever kind and role."""
        column = Planned(Column(name="x", kind=kind, role=role), None)
        read = cells(column, array)
        ours, theirs = hash_cells(column, read), reference.hash_cells(read, column)
        assert ours[~read.null].tolist() == theirs[~read.null].tolist()

    def test_arrays_without_a_quick_way_are_left_to_the_slow_one(self) -> None:
        """Numbers with a fraction and bytes that are no text have no quick hash."""
        assert hash_array(pa.array([1.5])) is None
        assert hash_array(pa.array([b"\xff"])) is None
        assert is_utf8(pa.array([b"ok", None]))
        assert not is_utf8(pa.array([b"\xff"]))
