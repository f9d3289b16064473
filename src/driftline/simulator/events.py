"""Events: what happens to the stream, when, what it changes, and what should be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from driftline.errors import ConfigError, near_miss


class Decision(StrEnum):
    """What somebody who knew the truth would do."""

    NO_RETRAIN = "no_retrain"
    INVESTIGATE = "investigate_no_retrain"
    RETRAIN = "retrain"


class Side(StrEnum):
    """Where an event happens: to customers and thieves, or on the way of the data to the model."""

    WORLD = "world"
    FEED = "feed"


FEATURES = (
    "merchant_category",
    "country",
    "channel",
    "device",
    "amount",
    "avg_amount_30d",
    "amount_ratio",
    "account_age_days",
    "tx_count_24h",
    "distance_km",
    "is_new_device",
    "ip_risk",
)
"""The columns that the model reads."""
OUTCOMES = ("model_score", "model_pred", "is_fraud")
"""What the model says of a payment, and what it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of event.

    `columns` change by so much that a day of 3,000 rows shows it, `slightly` by less. With `mixed` the
    mix of payments is another one, so that every column that is not in `columns` changes slightly.
    `concept` says whether P(fraud | features) changes. `size` is the usual size, whose meaning `says`
    gives; `can_grow` says whether the event may come on slowly.
    """

    name: str
    says: str
    side: Side
    decision: Decision
    size: float = 0.0
    can_grow: bool = True
    concept: bool = False
    mixed: bool = False
    columns: tuple[str, ...] = ()
    little: tuple[str, ...] = ()

    @property
    def slightly(self) -> tuple[str, ...]:
        """The columns that change so little that a day hardly shows it."""
        return tuple(name for name in (*FEATURES, *OUTCOMES) if name not in self.columns) if self.mixed else self.little


CAMPAIGN = Kind(
    name="campaign",
    says=(
        "a sales campaign brings {size:.0%} more payments: more fashion, electronics and home, more web and app, more customers who "
        "seldom pay; a payment of a given kind is as likely to be fraud as before"
    ),
    side=Side.WORLD,
    decision=Decision.NO_RETRAIN,
    size=0.35,
    mixed=True,
    columns=("merchant_category", "channel", "device", "amount", "amount_ratio", "tx_count_24h", "model_score"),
)
UNIT_FAULT = Kind(
    name="unit_fault",
    says="amounts from the web arrive {size:g} times too large, in cents instead of euros; the payments are what they were",
    side=Side.FEED,
    decision=Decision.INVESTIGATE,
    size=100.0,
    can_grow=False,
    columns=("amount", "amount_ratio", "model_score", "model_pred"),
)
ATTACK = Kind(
    name="attack",
    says=(
        "a new scam, another {size:.1%} of all payments: callers talk customers into paying by app, at home, with their own phone, a "
        "little more than usual; the model has never seen it and misses it"
    ),
    side=Side.WORLD,
    decision=Decision.RETRAIN,
    size=0.012,
    concept=True,
    mixed=True,
    columns=("is_fraud",),
)
NULL_BURST = Kind(
    name="null_burst",
    says="the service that knows where customers are fails: distance_km is missing in {size:.0%} of rows",
    side=Side.FEED,
    decision=Decision.INVESTIGATE,
    size=0.3,
    columns=("distance_km",),
    little=("model_score", "model_pred"),
)
NEW_CATEGORY = Kind(
    name="new_category",
    says="{size:.0%} of what was digital arrives under a merchant category that was never seen, gaming",
    side=Side.FEED,
    decision=Decision.INVESTIGATE,
    size=0.2,
    columns=("merchant_category",),
    little=("model_score", "model_pred"),
)
CATEGORY_RENAME = Kind(
    name="category_rename",
    says="an upstream release writes groceries for grocery in {size:.0%} of rows",
    side=Side.FEED,
    decision=Decision.INVESTIGATE,
    size=1.0,
    columns=("merchant_category", "model_score"),
    little=("model_pred",),
)
STUCK_VALUE = Kind(
    name="stuck_value",
    says="the address service answers from a stale cache: ip_risk is 0.05 in {size:.0%} of rows",
    side=Side.FEED,
    decision=Decision.INVESTIGATE,
    size=1.0,
    columns=("ip_risk", "model_score"),
    little=("model_pred",),
)
DUPLICATED_BATCH = Kind(
    name="duplicated_batch",
    says="the rows of some hours, {size:.0%} of the day's, are delivered twice",
    side=Side.FEED,
    decision=Decision.INVESTIGATE,
    size=0.25,
    mixed=True,
    columns=("transaction_id",),
)
TIME_SHIFT = Kind(
    name="time_shift",
    says="the app's clock is read in the wrong time zone: ts is {size:g} hours late for payments by app",
    side=Side.FEED,
    decision=Decision.INVESTIGATE,
    size=2.0,
    can_grow=False,
    columns=("ts",),
)
GRADUAL_DRIFT = Kind(
    name="gradual_drift",
    says=(
        "business moves from the counter to the app: {size:.0%} of counter payments are gone and about as many more are made by app; a "
        "payment of a given kind is as likely to be fraud as before"
    ),
    side=Side.WORLD,
    decision=Decision.NO_RETRAIN,
    size=0.3,
    mixed=True,
    columns=("merchant_category", "channel", "device", "amount", "amount_ratio", "ip_risk", "model_score"),
)
NOTHING = Kind(
    name="nothing",
    says="days are marked, and nothing happens: whoever sees something here sees noise",
    side=Side.WORLD,
    decision=Decision.NO_RETRAIN,
)
KINDS = {
    kind.name: kind
    for kind in (
        CAMPAIGN,
        UNIT_FAULT,
        ATTACK,
        NULL_BURST,
        NEW_CATEGORY,
        CATEGORY_RENAME,
        STUCK_VALUE,
        DUPLICATED_BATCH,
        TIME_SHIFT,
        GRADUAL_DRIFT,
        NOTHING,
    )
}
"""Every kind of event, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens from one watched day to another, both included, counted from 0.

    Without `to_day` it lasts to the end; without `size` it has its kind's usual size; over
    `grows_days` it grows from nothing to its full size.

    >>> event = Event(kind="gradual_drift", from_day=10, grows_days=4)
    >>> [event.strength(day) for day in (9, 10, 12, 14, 90)]
    [0.0, 0.2, 0.6, 1.0, 1.0]
    """

    kind: str
    from_day: int
    to_day: int | None = None
    size: float | None = None
    grows_days: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f"there is no event of kind {self.kind!r}", hint=near_miss(self.kind, KINDS))
        if self.from_day < 0:
            raise ConfigError(
                f"the {self.kind} cannot begin on day {self.from_day}",
                hint="days are counted from 0, the first watched day; the weeks before it stay quiet",
            )
        if self.to_day is not None and self.to_day < self.from_day:
            raise ConfigError(f"the {self.kind} ends on day {self.to_day}, before it begins on day {self.from_day}", hint="swap the days")
        if self.grows_days < 0 or (self.grows_days and not self.about.can_grow):
            raise ConfigError(f"the {self.kind} cannot grow over {self.grows_days} days", hint="leave grows_days out")
        if self.full_size < 0 or (self.about.size <= 1.0 and self.full_size > 1.0):
            raise ConfigError(f"the {self.kind} cannot have the size {self.size}", hint=f"its usual size is {self.about.size:g}")

    @property
    def about(self) -> Kind:
        """What is known of events of this kind."""
        return KINDS[self.kind]

    @property
    def full_size(self) -> float:
        """The size once it has grown."""
        return self.about.size if self.size is None else self.size

    @property
    def description(self) -> str:
        """What happens, in plain words."""
        return self.about.says.format(size=self.full_size)

    def strength(self, day: int) -> float:
        """How much of its full size the event has on a day, 0 to 1."""
        if day < self.from_day or (self.to_day is not None and day > self.to_day):
            return 0.0
        return min(1.0, (day - self.from_day + 1) / (self.grows_days + 1))

    def size_on(self, day: int) -> float:
        """The size on a day: 0 where the event is not there."""
        return self.full_size * self.strength(day)

    def as_dict(self) -> dict[str, object]:
        """The event and its truth, as JSON has them."""
        return {
            "kind": self.kind,
            "from_day": self.from_day,
            "to_day": self.to_day,
            "size": self.full_size,
            "grows_days": self.grows_days,
            "description": self.description,
            "side": self.about.side.value,
            "columns": list(self.about.columns),
            "slightly": list(self.about.slightly),
            "concept": self.about.concept,
            "right_decision": self.about.decision.value,
        }


EVENTS = (
    Event(kind="campaign", from_day=28, to_day=41),
    Event(kind="unit_fault", from_day=50, to_day=51),
    Event(kind="attack", from_day=66),
)
"""The demo's story: a harmless campaign, an upstream fault, a new attack."""
