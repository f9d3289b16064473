"""A realistic stream of payments to try a monitor on: the truth about it is known."""

from driftline.simulator.events import EVENTS, KINDS, Event
from driftline.simulator.files import Written, write
from driftline.simulator.payments import simulate
from driftline.simulator.settings import PaymentsConfig

__all__ = ["EVENTS", "KINDS", "Event", "PaymentsConfig", "Written", "simulate", "write"]
