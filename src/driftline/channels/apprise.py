"""Everything else, through Apprise, which knows more than a hundred services by a URL each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from driftline.errors import ConfigError, OutsideError, PluginError

if TYPE_CHECKING:
    from driftline.alerting.announcement import Announcement
    from driftline.channels.secrets import Reference

KIND = {"digest": "info", "look": "info", "retrain": "warning", "page": "failure"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseChannel:
    """An Apprise URL, which is a secret. Apprise makes its own requests: addresses are not checked."""

    url: Reference

    def send(self, announcement: Announcement) -> None:
        """Hand it to Apprise."""
        found = _apprise().Apprise()
        if not found.add(self.url.look_up()):
            raise ConfigError("Apprise does not know such a URL", hint="see its list of services")
        link = f"\n\n{announcement.link}" if announcement.link else ""
        kind = "success" if announcement.over else KIND[announcement.tier]
        if not found.notify(title=announcement.subject, body=f"{announcement.body}{link}", notify_type=kind):
            raise OutsideError("Apprise could not bring the message", hint="it is tried again")


def _apprise() -> Any:
    try:
        return import_module("apprise")
    except ImportError as error:
        raise PluginError("this channel needs Apprise", hint="pip install 'driftline[apprise]'") from error
