"""Models in MLflow: a run for each, with its metrics and papers, and a registered version with its aliases."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftline.errors import DataError, OutsideError, PluginError, StateError
from driftline.registries.aliases import applied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from driftline.registries.aliases import Aliases, Step

RUN = "driftline.run"
"""The tag by which a registration that was made before is found again."""

ABOUT, MODEL, PAPERS = "driftline.json", "model", "papers"
LONGEST = 4000
"""Tags hold so much."""


class MlflowRegistry:
    """A registry in MLflow.

    Args:
        uri: of the tracking server, or of its database: `sqlite:///mlflow.db`.
        fetched: the folder into which models are fetched when their files are asked for.
        artifacts: where the files of new experiments go; MLflow's own place by default.

    Raises:
        PluginError: the extra `mlflow` is not installed.
    """

    def __init__(self, uri: str, fetched: Path, artifacts: str | None = None) -> None:
        try:
            # Slow to import, and an extra: who keeps models in a folder does without.
            self._client = import_module("mlflow").MlflowClient(tracking_uri=uri, registry_uri=uri)
        except ModuleNotFoundError as error:
            fact = f"a registry in MLflow needs the package {error.name!r}, which is not installed"
            raise PluginError(fact, hint="pip install 'driftline[mlflow]'") from error
        self._uri, self._fetched = uri, fetched
        self._artifacts = artifacts

    def register(self, model: str, folder: Path, about: Mapping[str, Any]) -> str:
        """Log a model's folder as a run and register it; the same `run` in `about` gives the same version.

        Numbers under `metrics` become the run's metrics, `reason` and `run` tags, and everything a JSON file beside the model.
        """
        if not folder.is_dir() or not any(folder.iterdir()):
            raise DataError(f"there is no model in {str(folder)!r}", hint="give the folder that was written by the training run")
        with self._outside():
            found = next((one for one in self._versions(model) if about.get("run") and one.tags.get(RUN) == about["run"]), None)
            if found is not None:
                return str(found.version)
            run = self._client.create_run(self._experiment(model), tags={RUN: str(about.get("run", "")), "mlflow.runName": model})
            for name, value in dict(about.get("metrics") or {}).items():
                if isinstance(value, int | float):
                    self._client.log_metric(run.info.run_id, name, float(value))
            self._client.log_artifacts(run.info.run_id, str(folder), MODEL)
            self._client.log_text(run.info.run_id, json.dumps(about, indent=1, default=str), ABOUT)
            self._client.set_terminated(run.info.run_id)
            tags = {RUN: str(about.get("run", "")), "reason": str(about.get("reason", ""))[:LONGEST]}
            source = f"{run.info.artifact_uri}/{MODEL}"
            return str(self._client.create_model_version(self._named(model), source, run.info.run_id, tags=tags).version)

    def attach(self, model: str, version: str, papers: Mapping[str, str]) -> None:
        """Log texts as artifacts of a version's run, under `papers`."""
        with self._outside():
            run = str(self._version(model, version).run_id)
            for name, text in papers.items():
                self._client.log_text(run, text, f"{PAPERS}/{name}")

    def papers(self, model: str, version: str) -> dict[str, str]:
        """The texts beside a version, by name."""
        with self._outside(), tempfile.TemporaryDirectory() as place:
            run = str(self._version(model, version).run_id)
            if not self._client.list_artifacts(run, PAPERS):
                return {}
            there = Path(self._client.download_artifacts(run, PAPERS, place))
            return {path.name: path.read_text(encoding="utf-8") for path in sorted(there.iterdir())}

    def aliases(self, model: str) -> dict[str, str]:
        """Versions by alias."""
        with self._outside():
            found = self._unless_missing(lambda: self._client.get_registered_model(model))
            return {} if found is None else {alias: str(version) for alias, version in found.aliases.items()}

    def about(self, model: str, version: str) -> dict[str, Any]:
        """What is known of a version."""
        with self._outside(), tempfile.TemporaryDirectory() as place:
            found = self._version(model, version)
            path = self._client.download_artifacts(str(found.run_id), ABOUT, place)
            return dict(json.loads(Path(path).read_text(encoding="utf-8")))

    def folder(self, model: str, version: str) -> Path:
        """Where a version's files lie: fetched once, as a whole, for versions never change."""
        place = self._fetched / model / version
        with self._outside():
            run = str(self._version(model, version).run_id)
            if not place.is_dir():
                place.parent.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(dir=place.parent) as draft:
                    Path(self._client.download_artifacts(run, MODEL, draft)).rename(place)
        return place

    def change(self, model: str, version: str, steps: Callable[[Aliases, str], list[Step]]) -> dict[str, str]:
        """Change aliases: step after step, in an order in which there is one champion wherever it stops; asked again, it goes on."""
        with self._outside():
            self._version(model, version)
            now = self.aliases(model)
            wanted = steps(now, version)
            for alias, given in wanted:
                if given is None:
                    self._client.delete_registered_model_alias(model, alias)
                else:
                    self._client.set_registered_model_alias(model, alias, given)
            return applied(now, wanted)

    def _experiment(self, model: str) -> str:
        found = self._client.get_experiment_by_name(model)
        return str(found.experiment_id) if found else str(self._client.create_experiment(model, artifact_location=self._artifacts))

    def _named(self, model: str) -> str:
        if self._unless_missing(lambda: self._client.get_registered_model(model)) is None:
            self._client.create_registered_model(model)
        return model

    def _versions(self, model: str) -> list[Any]:
        quoted = model.replace("'", "\\'")
        return list(self._client.search_model_versions(f"name='{quoted}'"))

    def _version(self, model: str, version: str) -> Any:
        found = self._unless_missing(lambda: self._client.get_model_version(model, version))
        if found is None:
            raise StateError(f"{model!r} has no version {version!r}", hint="register one: driftline retrain")
        return found

    def _unless_missing(self, asked: Callable[[], Any]) -> Any:
        try:
            return asked()
        except _refusal() as error:
            if getattr(error, "error_code", "") == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise

    @contextmanager
    def _outside(self) -> Iterator[None]:
        """Turns what MLflow says into what we say."""
        try:
            yield
        except _refusal() as error:
            raise OutsideError(f"MLflow at {self._uri} did not do it: {error}", hint="see that its server or database answers") from error


def _refusal() -> type[Exception]:
    found: type[Exception] = import_module("mlflow.exceptions").MlflowException
    return found
