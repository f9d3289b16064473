"""Jobs for the schedulers that people have: each checks one monitor, and the larger ones do what is decided."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources

import jinja2

from driftline.errors import ConfigError

FIELDS = 5
"""A schedule of cron has so many: minute, hour, day of the month, month, day of the week."""


class Scheduler(StrEnum):
    """What runs the job."""

    AIRFLOW = "airflow"
    PREFECT = "prefect"
    CRON = "cron"
    KUBERNETES = "kubernetes"
    GITHUB = "github"
    JENKINS = "jenkins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One monitor's job.

    Attributes:
        name: the monitor's.
        config: its YAML, as the job will see it.
        schedule: when, as cron writes it.
        driftline: the command, in an environment of its own where the scheduler's does not go with driftline's.
        user: who runs it, for cron.
        image: a container image that has driftline, for Kubernetes.

    Raises:
        ConfigError: the schedule is not cron's, or a text has a line break, which would begin another line of the job.
    """

    name: str
    config: str = "driftline.yaml"
    schedule: str = "10 * * * *"
    driftline: str = "driftline"
    user: str = "driftline"
    image: str = "driftline:latest"

    def __post_init__(self) -> None:
        for text in (self.name, self.config, self.schedule, self.driftline, self.user, self.image):
            if not text.isprintable():
                raise ConfigError(f"{text!r} cannot be written into a job: it has a line break or the like", hint="leave that out")
        if len(self.schedule.split()) != FIELDS or not re.fullmatch(r"[\d*/,\-A-Za-z ]+", self.schedule):
            raise ConfigError(f"{self.schedule!r} is no schedule", hint="cron has five fields: '10 * * * *' is ten past each hour")

    @property
    def identifier(self) -> str:
        """The name as a word of programs and file names."""
        return re.sub(r"\W+", "_", self.name).strip("_").lower() or "monitor"

    @property
    def label(self) -> str:
        """The name as Kubernetes allows names."""
        return re.sub(r"[^a-z0-9]+", "-", f"driftline-{self.name}".lower()).strip("-")[:52].strip("-")


def written(scheduler: Scheduler, job: Job) -> str:
    """The job as a file for its scheduler."""
    places = jinja2.Environment(  # noqa: S701  these are programs and not pages; each value is quoted for what it stands in
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True, loader=jinja2.FunctionLoader(_template)
    )
    places.filters["quoted"] = shlex.quote
    places.filters["crontab"] = _in_crontab
    places.filters["groovy"] = _in_groovy
    # Jinja's own would write <, > and & as a page wants them.
    places.filters["tojson"] = _literal
    return places.get_template(scheduler.value).render(job=job)


def _literal(text: str) -> str:
    """A text in quotes, as Python, YAML and JSON read it."""
    return json.dumps(text, ensure_ascii=False)


def _in_crontab(text: str) -> str:
    """A word of a shell, in a line of cron, to which a per cent sign would be a line break."""
    return shlex.quote(text).replace("%", r"\%")


def _in_groovy(text: str) -> str:
    """A text in single quotes, in which Groovy puts nothing in place of `$`."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _template(name: str) -> str:
    return resources.files("driftline.exports").joinpath("templates", f"{name}.jinja").read_text(encoding="utf-8")
