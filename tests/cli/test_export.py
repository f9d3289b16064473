"""Files for other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner

from driftline.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


def test_everything_is_written(tmp_path: Path) -> None:
    """Configuration, rules, a receiver and dashboards, with what was wished."""
    place = tmp_path / "monitoring"
    wished = [
        "--target",
        "a:1",
        "--target",
        "b:2",
        "--token-file",
        "/t",
        "--webhook",
        "http://w/",
        "--alertmanager",
        "m:9",
        "--every",
        "5s",
    ]
    done = CliRunner().invoke(main, ["export", "prometheus", "--directory", str(place), *wished])
    assert done.exit_code == 0, done.output
    names = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert names == {
        "prometheus.yml", "driftline-rules.yml", "alertmanager.yml", "grafana/dashboards/fleet.json", "grafana/dashboards/model.json",
        "grafana/provisioning/dashboards/driftline.yml", "grafana/provisioning/datasources/driftline.yml",
    }  # fmt: skip
    said = yaml.safe_load((place / "prometheus.yml").read_text())
    (job,) = said["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["a:1", "b:2"]}]
    assert job["authorization"]["credentials_file"] == "/t"
    assert said["global"]["scrape_interval"] == "5s"
    assert "http://w/" in (place / "alertmanager.yml").read_text()


def test_dashboards_may_be_left_out(tmp_path: Path) -> None:
    """Then nothing of Grafana's is needed."""
    done = CliRunner().invoke(main, ["export", "prometheus", "--directory", str(tmp_path), "--no-grafana"])
    assert done.exit_code == 0
    assert not (tmp_path / "grafana").exists()


@pytest.mark.parametrize("scheduler", ["airflow", "prefect", "cron", "kubernetes", "github", "jenkins"])
def test_a_job_is_written_for_the_monitor(tmp_path: Path, scheduler: str) -> None:
    """It names the monitor as its file does, calls the command that it is given, and goes where it is wished."""
    config, file = tmp_path / "a.yaml", tmp_path / "deep" / "job"
    config.write_text("monitor: shop\nreference: r.parquet\ncurrent: c.parquet\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["export", scheduler, "-c", str(config), "--command", "/opt/driftline", "-o", str(file)])
    assert done.exit_code == 0, done.output
    text = file.read_text(encoding="utf-8")
    assert "shop" in text
    # The last three have their own driftline: of a container, or installed by the job.
    assert ("/opt/driftline" in text) == (scheduler in {"airflow", "prefect", "cron"})
    done = CliRunner().invoke(main, ["export", scheduler, "--schedule", "hourly"])
    assert done.exit_code == 2
    assert "is no schedule" in done.output
