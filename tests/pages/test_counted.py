from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.pages.counted import UNSEEN, column_counts, column_profile
from driftline.pages.glance import pack, unpack
from driftline.reports.histogram import histogram

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


def test_a_column_comes_back_as_it_was_counted(modelled: Report) -> None:
    """Its distribution, its mean and spread, and its most frequent unseen values are those of the whole profile."""
    plan, mark = modelled.reference.plan, modelled.reference.plan.fingerprint
    for index, name in enumerate(plan.names):
        alone = plan.alone(index)
        whole = [modelled.reference, modelled.profiles[0], modelled.profiles[-1]]
        read = [column_profile(unpack(pack(column_counts(one, index))), alone, mark) for one in whole]
        mine, theirs = histogram([one for one in read if one is not None], name), histogram(whole, name)
        assert mine.labels == theirs.labels
        np.testing.assert_array_equal(mine.body, theirs.body)
        np.testing.assert_array_equal(mine.bars, theirs.bars)
        for one, other in zip(read, whole, strict=True):
            assert one is not None
            np.testing.assert_array_equal(one.means()[0], other.means()[index])
            assert set(one.unseen[0].items()) <= set(other.unseen[index].items())
            assert len(one.unseen[0]) == min(len(other.unseen[index]), UNSEEN)


def test_counts_in_other_bins_are_not_read(modelled: Report) -> None:
    """What another version of the monitor counted is not mixed with this one's; what was not counted is nothing."""
    plan = modelled.reference.plan
    assert column_profile(column_counts(modelled.profiles[0], 0), plan.alone(0), "another") is None
    assert column_profile(None, plan.alone(0), plan.fingerprint) is None
