"""Matchers as Alertmanager writes them."""

from __future__ import annotations

import pytest

from driftline.alerting.matchers import LABELS, all_fit, labels, matchers
from driftline.alerting.signals import Signal, Tier
from driftline.errors import ConfigError
from driftline.verdicts.report import Concern, Verdict

SIGNAL = Signal(("country=DE", "column", "a,b"), Concern.FAULT, "a,b", Tier.RETRAIN, Verdict.DRIFTED, 2.0, "x", "a,b: nulls")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('name="a,b"', True),
        ('{name="a,b"}', True),
        ("name=amount", False),
        ('name="a,b", tier!="page"', True),
        ('name="a,b", tier="page"', False),
        ('segment=~"country=.*"', True),
        ('segment=~"country"', False),
        ('segment!~"country=.*"', False),
        ("monitor=m", True),
        ('concern="data fault"', True),
        ('tier=~"look|retrain"', True),
        (r'name="a\,b"', True),
        (r'name="\"quoted\""', False),
    ],
)
def test_matchers_fit(text: str, fits: bool) -> None:  # noqa: FBT001  the answer
    """All of them must, and a pattern must fit the whole value."""
    assert all_fit(matchers(text), labels("m", SIGNAL)) is fits


def test_every_label_is_there() -> None:
    """What can be asked for is known of every signal."""
    assert set(labels("m", SIGNAL)) == set(LABELS)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("", "fits everything"),
        ("amount", "cannot be read"),
        ('nmae="x"', "there is no label called 'nmae'"),
        ('name=~"("', "cannot be read"),
        ('name=~"(a+)+"', "repeats too much"),
        ('name=~"a*a*a*a*b"', "repeats too much"),
        ('name="a" tier="b"', "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, fact: str) -> None:
    """With what to do; a pattern that could take for ever too."""
    with pytest.raises(ConfigError, match=fact) as refused:
        matchers(text)
    assert refused.value.hint
