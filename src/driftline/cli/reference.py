"""What the reference shows: counted once, for init and the demo to suggest from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driftline.cli.main import Session
    from driftline.ports import Progress
    from driftline.profile.profile import Profile


def look(settings: dict[str, Any], session: Session, told: Progress | None) -> Profile:
    """Count all rows of the reference together.

    Args:
        settings: in the document's form; paths begin in the working directory.
        session: learns which secrets must not be shown.
        told: told of the progress.
    """
    from driftline import wiring
    from driftline.cli.shelves import chosen
    from driftline.config.specification import specify

    specification = specify(settings, os.environ, name="the command line")
    session.secrets = specification.secrets
    return chosen(wiring.profile(specification, progress=told), None, None)[1]
