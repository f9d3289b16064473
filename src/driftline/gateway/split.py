"""Who answers: the same entity always the same model, and never back to the champion as the challenger is given more."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a rollout wants of the gateway.

    Attributes:
        rollout: its name; other rollouts split otherwise.
        step: the place of its step.
        challenger: the challenger's part of the answers, 0 to 1.
        mirrored: the challenger is asked too, and its answer only noted.
    """

    rollout: str = ""
    step: int = 0
    challenger: float = 0.0
    mirrored: bool = False


def place_of(entity: str, rollout: str) -> float:
    """Where an entity stands between 0 and 1; the same in every process.

    >>> place_of("ann", "r1") == place_of("ann", "r1") != place_of("ann", "r2")
    True
    """
    return int.from_bytes(blake2b(f"{rollout}\x00{entity}".encode(), digest_size=8).digest()) / 2**64


def arm_of(entity: str, share: Share) -> str:
    """Who answers an entity."""
    return CHALLENGER if place_of(entity, share.rollout) < share.challenger else CHAMPION
