"""Each way of stealing leaves its own marks, and only those."""

from __future__ import annotations

import numpy as np
import pytest

from driftline.simulator.catalogue import APP, CATEGORIES, CHANNELS
from driftline.simulator.fraud import ATTACK, PATTERNS, Pattern, frauds, robberies
from driftline.simulator.population import populate

PEOPLE = populate(1, 3000)
ALL = [*PATTERNS, ATTACK]


def stolen(pattern: Pattern, expected: float = 20_000) -> object:
    """A very bad day."""
    rng = np.random.default_rng(3)
    return frauds(rng, PEOPLE, 4, robberies(rng, PEOPLE, 4, pattern, expected))


def test_patterns_share_all_fraud() -> None:
    """The shares of the patterns the model can learn sum to 1."""
    assert sum(pattern.share for pattern in PATTERNS) == pytest.approx(1.0)


@pytest.mark.parametrize("pattern", ALL, ids=lambda p: p.name)
class TestEveryPattern:
    """What holds for each way of stealing."""

    def test_yields_as_much_as_expected(self, pattern: Pattern) -> None:
        """The number of payments, bursts counted, is about what was asked for, and all are fraud."""
        day = stolen(pattern)
        assert day.size == pytest.approx(20_000, rel=0.05)
        assert day.fraud.all()

    def test_stays_within_the_day(self, pattern: Pattern) -> None:
        """A burst that would run past midnight is folded back."""
        assert stolen(pattern).second.min() >= 0
        assert stolen(pattern).second.max() < 86_400

    def test_uses_its_categories_and_channels(self, pattern: Pattern) -> None:
        """Nothing is bought, and no way is taken, that the pattern does not name; cash comes from the machine."""
        day = stolen(pattern)
        assert {CATEGORIES[code] for code in np.unique(day.category)} == set(pattern.categories)
        machine = {"atm"} if "cash" in pattern.categories else set()
        assert {CHANNELS[code] for code in np.unique(day.channel)} == set(pattern.channels) | machine

    def test_comes_in_bursts(self, pattern: Pattern) -> None:
        """The victim of an incident pays 1 + `repeats` times on average."""
        rng = np.random.default_rng(3)
        robbed = robberies(rng, PEOPLE, 4, pattern, 2000.0)
        starts = 1 + np.count_nonzero(np.diff(robbed.customer))
        assert robbed.customer.size / starts == pytest.approx(1 + pattern.repeats, rel=0.1)


def test_the_known_patterns_stand_out_and_the_attack_does_not() -> None:
    """Remote-access scams come from a known device at a trusted address near home; what the model knows does not."""
    marks = {
        pattern.name: np.mean(day.new_device | (day.ip_risk > 0.35) | (day.distance_km > 100))
        for pattern in ALL
        for day in [stolen(pattern)]
    }
    assert marks.pop(ATTACK.name) < 0.12
    assert min(marks.values()) > 0.55


def test_the_attack_looks_for_old_accounts_and_their_own_phones() -> None:
    """The scam's victims have had their account for years and use the app on their own phone."""
    day = stolen(ATTACK)
    assert PEOPLE.account_age(4)[day.customer].min() >= ATTACK.youngest_account
    assert (day.channel == APP).all()
    assert (day.device == PEOPLE.phone[day.customer]).all()


def test_no_fraud_is_expected_where_none_is() -> None:
    """A pattern of which nothing is expected yields nothing, and no error."""
    assert stolen(ATTACK, 0.0).size == 0
