"""Plans and states, stored and read again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import UnreadableData
from driftline.rollout.evidence import Arm, Evidence
from driftline.rollout.plan import Aim, Plan
from driftline.rollout.rollout import Action, Command, Seen, State, begin, step
from driftline.rollout.written import read, written

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = Plan.ramp((Aim("recall", 0.02), Aim("precision", 0.05, 0.5)))


def test_a_plan_is_what_was_stored() -> None:
    """Steps, aims, limits and times survive JSON."""
    assert read(json.loads(json.dumps(written(PLAN)))) == PLAN


@given(
    st.lists(
        st.tuples(st.sampled_from([*Action, "good", "bad", "errors", "nothing"]), st.integers(0, 90)),
        max_size=25,
    )
)
def test_a_state_is_what_was_stored(happens: list[tuple[str, int]]) -> None:
    """Wherever a rollout stands, it stands there again after a restart, to the last look of every clock."""
    state: State = begin(PLAN, NOW)[0]
    now = NOW
    for what, minutes in happens:
        now += timedelta(minutes=minutes)
        place = getattr(state, "step", 0)
        aim = {"good": Evidence(400.0, 40_000.0, 9000), "bad": Evidence(-4000.0, 40_000.0, 9000)}.get(what, Evidence())
        arms = Arm(5000), Arm(5000, errors=2000 if what == "errors" else 0)
        said = Command(what, "ann") if isinstance(what, Action) else Seen(place, *arms, (aim, aim))
        state, _ = step(state, said, now, PLAN)
        assert read(json.loads(json.dumps(written(state)))) == state


@pytest.mark.parametrize("said", [{"is": "Palace"}, {"is": "Aim", "metrik": "recall"}, {"is": "Reason", "name": "WHY"}])
def test_what_is_not_known_is_refused(said: dict[str, str]) -> None:
    """A state of another version is no state."""
    with pytest.raises((UnreadableData, KeyError)):
        read(said)
