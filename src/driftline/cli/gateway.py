"""`driftline gateway`: stand in front of model servers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

import click

from driftline.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.gateway.settings import Settings

TOKEN = "DRIFTLINE_GATEWAY_TOKEN"  # noqa: S105  the name of a variable, no password

SENDER = "DRIFTLINE_TOKEN"
PATIENCE = 20.0
"""Seconds that the last round of sending has; what is left is sent at the next start."""


@click.command()
@click.option("--champion", metavar="URL", required=True, help="The model server that answers.")
@click.option("--challenger", metavar="URL", default="", help="The model server of the challenger.")
@click.option("--state", metavar="FILE", default="", help="The stored rollout that drives the weights; looked at five times a second.")
@click.option("--spool", metavar="FOLDER", default="", help="Write what was asked and answered here, as lines of JSON.")
@click.option(
    "--entity", metavar="NAME", default="", help="Split by this field of a row, or header: the same entity always gets the same model."
)
@click.option(
    "--id", "row_id", metavar="NAME", default="", help="The field that tells a row apart, to join labels by; else the request's id."
)
@click.option("--versions", metavar="V V", nargs=2, default=("", ""), help="Versions of champion and challenger, for the record.")
@click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds that the champion has.")
@click.option("--patience", type=float, default=0.5, show_default=True, help="Seconds until the champion answers for the challenger.")
@click.option("--slow", type=float, default=0.5, show_default=True, help="An answer that takes more seconds counts as slow.")
@click.option("--service", metavar="URL", default="", help="Send the records to this service, with the token in DRIFTLINE_TOKEN.")
@click.option("--monitor", metavar="NAME", default="", help="The service's monitor that watches the model.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens.")
@click.option("--port", type=int, default=8400, show_default=True, help="Where it listens.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes.")
def gateway(  # noqa: PLR0913  one argument an option
    *,
    champion: str,
    challenger: str,
    state: str,
    spool: str,
    entity: str,
    row_id: str,
    versions: tuple[str, str],
    timeout: float,
    patience: float,
    slow: float,
    service: str,
    monitor: str,
    host: str,
    port: int,
    workers: int,
) -> None:
    """Stand in front of model servers: split traffic, shadow, fall back to the champion, record.

    It speaks what the model servers speak: the Open Inference Protocol, MLflow's /invocations, plain JSON. Without
    a state the champion answers everything. The challenger never fails a request: where it fails, is slow or talks
    rubbish, the champion answers. What it does is at /driftline/status. SIGTERM lets requests end that are on their
    way; with several workers SIGHUP replaces them one by one. A token in DRIFTLINE_GATEWAY_TOKEN allows
    PUT /driftline/weights. With --service a process beside it sends the records to driftline serve, each once, so
    that the model is monitored without a line of code; while the service is away they wait in the spool.

    \b
    Examples:
      driftline gateway --champion http://127.0.0.1:8080 --spool records
      driftline gateway --champion http://a:8080 --challenger http://b:8080 --state .driftline/rollouts/shop.json --entity customer
    """  # noqa: D301  click reads the mark
    from driftline.gateway.settings import Settings

    settings = Settings(
        champion=champion,
        challenger=challenger,
        state=state,
        spool=spool,
        entity=entity,
        id=row_id,
        versions=versions,
        timeout=timeout,
        patience=patience,
        slow=slow,
        token=os.environ.get(TOKEN, ""),
        service=service,
        monitor=monitor,
        service_token=os.environ.get(SENDER, "") if service else "",
    )
    serve(settings, host, port, workers)


def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve until told to end.

    Raises:
        PluginError: the extra `gateway` is not installed.
    """
    from driftline.gateway.settings import ENVIRONMENT

    try:
        import httptools  # noqa: F401  the gateway's own processes need it
        import uvicorn
    except ModuleNotFoundError as error:
        fact = f"the gateway needs the package {error.name!r}, which is not installed"
        raise PluginError(fact, hint="pip install 'driftline[gateway]'") from error
    os.environ[ENVIRONMENT] = settings.written()
    click.echo(f"the gateway listens on http://{host}:{port}", err=True)
    # The server ends by the signal that it got, after its last answer: then the sender still has its last round.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with sending() if settings.service else nullcontext():
        uvicorn.run(
            "driftline.gateway.app:application",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_level="warning",
            access_log=False,
            lifespan="on",
            server_header=False,
        )


@contextmanager
def sending() -> Iterator[None]:
    """A process beside this one that sends the records; begun again if it ends, and at the end given a last round."""
    over = threading.Event()
    living: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        while not over.is_set():
            with subprocess.Popen([sys.executable, "-m", "driftline.gateway.sender"], stdin=subprocess.PIPE, start_new_session=True) as one:
                living[:] = [one]
                one.wait()
            over.wait(1)

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        for one in living:
            with suppress(OSError, ValueError):
                one.stdin.close() if one.stdin else None
        keeper.join(PATIENCE)
