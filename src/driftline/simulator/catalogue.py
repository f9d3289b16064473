"""What there is to buy, where, with what and when: the words of the stream and how often each is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

CATEGORIES = ("grocery", "restaurant", "fuel", "fashion", "electronics", "travel", "digital", "health", "home", "cash")
CATEGORY_SHARE = np.array([0.28, 0.16, 0.09, 0.09, 0.05, 0.05, 0.12, 0.06, 0.06, 0.04])
CATEGORY_LOG_AMOUNT = np.array([0.0, -0.1, 0.6, 0.6, 1.2, 1.5, -0.9, -0.1, 0.6, 0.9])
"""How far a category's usual amount lies from the customer's own, on the log scale."""
CATEGORY_ONLINE = np.array([0.06, 0.12, 0.0, 0.5, 0.6, 0.75, 1.0, 0.15, 0.35, 0.0])
"""Share of a category's payments that an average customer makes online."""
CASH = CATEGORIES.index("cash")

CHANNELS = ("pos", "web", "app", "atm")
POS, WEB, APP, ATM = range(len(CHANNELS))

DEVICES = ("chip", "contactless", "ios", "android", "browser")
CHIP, CONTACTLESS, IOS, ANDROID, BROWSER = range(len(DEVICES))

COUNTRIES = ("DE", "FR", "ES", "IT", "NL", "AT", "PL", "BE", "GB", "CH", "US", "TR")
HOME_SHARE = np.array([0.36, 0.17, 0.11, 0.11, 0.08, 0.05, 0.05, 0.04, 0.03, 0.0, 0.0, 0.0])
"""Where customers live."""
TRIP_SHARE = np.array([0.06, 0.12, 0.24, 0.18, 0.05, 0.1, 0.03, 0.02, 0.06, 0.06, 0.03, 0.05])
"""Where customers travel to."""
SHOP_SHARE = np.array([0.16, 0.07, 0.04, 0.06, 0.14, 0.03, 0.05, 0.03, 0.18, 0.04, 0.18, 0.02])
"""Where foreign web shops are."""
FRAUD_SHARE = np.array([0.08, 0.06, 0.05, 0.05, 0.06, 0.02, 0.12, 0.03, 0.13, 0.03, 0.23, 0.14])
"""Where stolen cards are used."""

WEEKDAY = np.array([0.93, 0.95, 0.97, 1.0, 1.15, 1.17, 0.83])
"""Payments on each day of the week, Monday first, relative to the average day."""
HOUR_WORKDAY = np.array([5, 3, 2, 2, 3, 8, 20, 42, 55, 52, 54, 62, 78, 66, 56, 58, 70, 88, 92, 74, 52, 36, 22, 11], dtype=np.float64)
HOUR_WEEKEND = np.array([14, 9, 6, 4, 3, 4, 7, 16, 34, 58, 80, 92, 88, 78, 72, 70, 68, 66, 62, 58, 50, 42, 34, 24], dtype=np.float64)
HOUR_NIGHT = np.array([90, 95, 95, 85, 70, 50, 30, 20, 15, 15, 18, 20, 22, 22, 22, 24, 26, 30, 34, 40, 48, 58, 70, 82], dtype=np.float64)
"""When thieves and their programs are busy."""
HOUR_OFFICE = np.array([0, 0, 0, 0, 0, 0, 1, 6, 30, 80, 95, 90, 60, 70, 90, 92, 80, 45, 15, 8, 4, 1, 0, 0], dtype=np.float64)
"""When callers who pretend to be the bank work."""
HOUR_FLAT = np.ones(24)

DAYPART_OF_HOUR = np.repeat([0, 1, 2, 3], 6)
DAYPART_CATEGORY = np.array(
    [
        [0.2, 0.5, 1.2, 0.3, 0.7, 0.8, 3.0, 0.3, 0.2, 1.6],
        [1.0, 0.5, 1.5, 0.7, 0.8, 1.0, 0.7, 1.5, 1.0, 1.1],
        [1.1, 0.9, 1.0, 1.2, 1.1, 1.0, 0.8, 1.2, 1.2, 1.1],
        [0.9, 1.8, 0.7, 1.0, 1.1, 1.1, 1.4, 0.4, 0.8, 0.7],
    ]
)
"""How a quarter of the day (night, morning, afternoon, evening) bends the category mix."""
WEEKEND_CATEGORY = np.array([0.95, 1.45, 0.85, 1.35, 1.1, 1.2, 1.0, 0.5, 1.4, 1.1])
TASTE_CATEGORY = np.array(
    [
        [1.3, 0.7, 1.2, 0.8, 0.7, 0.6, 0.6, 1.4, 1.3, 1.2],
        [0.8, 1.5, 0.8, 1.3, 0.9, 1.5, 1.0, 0.8, 0.7, 1.0],
        [0.8, 0.9, 0.9, 1.0, 1.7, 0.9, 1.9, 0.7, 0.9, 0.7],
    ]
)
"""Three kinds of customers: households, people about town, people at screens."""


def cumulated(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cumulate weights along the last axis to shares that end in exactly 1."""
    shares = np.cumsum(weights, axis=-1)
    return np.asarray(shares / shares[..., -1:], dtype=np.float64)


def category_table() -> NDArray[np.float64]:
    """Cumulated category shares by weekend (2) × taste (3) × quarter of the day (4) × category (10)."""
    weekend = np.stack([np.ones(len(CATEGORIES)), WEEKEND_CATEGORY])
    mix = weekend[:, None, None, :] * TASTE_CATEGORY[None, :, None, :] * DAYPART_CATEGORY[None, None, :, :]
    return cumulated(mix * CATEGORY_SHARE)


def weights_of(levels: Sequence[str], shares: Mapping[str, float]) -> NDArray[np.float64]:
    """Write named shares as one weight per level.

    >>> weights_of(("pos", "web", "app"), {"app": 0.7, "web": 0.3})
    array([0. , 0.3, 0.7])
    """
    return np.array([shares.get(level, 0.0) for level in levels])
