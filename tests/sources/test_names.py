from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from driftline.sources.names import own_names


@given(st.lists(st.sampled_from(["a", "b", "a_2", "a_3", "__index_level_0__", ""])))
def test_every_column_has_a_name_of_its_own(names: list[str]) -> None:
    """Names are given once, the first bearer of a name keeps it, and pandas' index gets none."""
    owns = own_names(names)
    given_names = [own for own in owns if own is not None]
    assert len(given_names) == len(set(given_names))
    assert all(owns[names.index(name)] == name for name in set(names) - {"__index_level_0__"})
    assert [own is None for own in owns] == [name == "__index_level_0__" for name in names]
