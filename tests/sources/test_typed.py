from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from driftline.sources.typed import as_instants, as_type, ladder, likely_type, loose_array, loose_type


@pytest.mark.parametrize(
    ("texts", "wanted", "kind"),
    [
        (["1", "2"], pa.int64(), pa.int64()),
        (["1", " 2.5 "], pa.int64(), pa.float64()),
        (["nan", "-inf"], pa.int64(), pa.float64()),
        (["2024-01-01", None], pa.date32(), pa.date32()),
        (["2024-01-01", "2024-01-01 10:00:00"], pa.date32(), pa.timestamp("us")),
        (["2024-01-01 10:00:00.123456789"], pa.timestamp("s"), pa.timestamp("ns")),
        (["2024-01-01T10:00:00+02:00"], pa.timestamp("us"), pa.timestamp("us", "UTC")),
        (["true", "False"], pa.bool_(), pa.bool_()),
        (["1", "x"], pa.string(), pa.string()),
        (["1", "2"], pa.null(), pa.int64()),
        (["1", "x"], pa.null(), pa.string()),
    ],
)
def test_texts_become_the_narrowest_type_that_fits(texts: list[str], wanted: pa.DataType, kind: pa.DataType) -> None:
    """A column's type is the wanted one, or one a little wider, or text."""
    assert as_type(pa.array(texts), wanted).array.type == kind


@pytest.mark.parametrize(
    ("texts", "wanted", "misfit"),
    [
        (["1", "2.5", "n/k"], pa.int64(), "n/k"),
        (["2024-01-01 10:00:00Z", "yesterday"], pa.timestamp("s", "UTC"), "yesterday"),
        (["2024-01-01 10:00:00", "2024-01-01 10:00:00Z"], pa.timestamp("s"), "2024-01-01 10:00:00Z"),
        (["yes"], pa.bool_(), "yes"),
        (["99999999999999999999x"], pa.int64(), "99999999999999999999x"),
    ],
)
def test_what_does_not_fit_stays_text_and_is_named(texts: list[str], wanted: pa.DataType, misfit: str) -> None:
    """Texts that do not fit are handed on unchanged, and the first that does not is told."""
    typed = as_type(pa.array(texts), wanted)
    assert (typed.array.to_pylist(), typed.misfit) == (texts, misfit)


def test_no_type_leads_to_a_narrower_one() -> None:
    """A ladder begins with the wanted type, or one that holds all its values."""
    assert ladder(pa.float64()) == (pa.float64(),)
    assert ladder(pa.string()) == ()


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["1", "2"] * 50 + ["n/k"], pa.int64()),
        (["1.5", "2e3"] * 50 + ["n/k"], pa.float64()),
        (["2024-01-01T10:00:00Z"] * 99 + [""], pa.timestamp("us", "UTC")),
        (["1", "n/k"], pa.string()),
        (["a", "b"], pa.string()),
        ([None, None], pa.string()),
        ([], pa.string()),
    ],
)
def test_a_few_strangers_do_not_make_a_column_of_text(texts: list[str], kind: pa.DataType) -> None:
    """The type is the one that nearly all values have; without a majority it is text."""
    assert likely_type(pa.array(texts, pa.string())) == kind


def test_instants_are_all_or_none() -> None:
    """Texts become instants if all of them are; zones are kept, not mixed."""
    assert as_instants(pa.array(["2024-01-01T00:00:00Z"])).type == pa.timestamp("us", "UTC")
    assert as_instants(pa.array(["2024-01-01T00:00:00"])).type == pa.timestamp("us")
    assert as_instants(pa.array(["2024-01-01T00:00:00", "2024-01-01T00:00:00Z"])).type == pa.string()


def test_mixed_python_values_become_texts() -> None:
    """Values of several types become texts as people write them; what is missing stays missing."""
    mixed = [1, "a", True, None, float("nan"), date(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC), b"x\xff"]
    assert loose_array(mixed).to_pylist() == ["1", "a", "true", None, None, "2024-01-01", "2024-01-01T00:00:00+00:00", "x\ufffd"]


def test_pandas_missing_values_are_missing() -> None:
    """NaT and NA are nothing, though the one is not equal to itself and the other refuses to compare."""
    pandas = pytest.importorskip("pandas")
    assert loose_array(["a", 1, pandas.NaT, pandas.NA]).to_pylist() == ["a", "1", None, None]


def test_mixed_values_have_the_type_most_can_be_read_as() -> None:
    """A column of numbers with one text in a hundred is a column of numbers; one of texts stays text."""
    assert loose_type([1] * 99 + ["n/k"]) == pa.int64()
    assert loose_type(["1", "2"]) == pa.string()
    assert loose_type([1.5, 2]) == pa.float64()
