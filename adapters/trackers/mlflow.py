"""Records runs with MLflow, in a local SQLite database or on a tracking server."""

import json
import logging
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from typing_extensions import override

from adapters.trackers.configuration import flattened, sweep_trial
from adapters.trackers.drawing import png
from domain.charts import Chart, Table
from domain.errors import ConfigurationError, MissingPackageError
from domain.log_events import log_event
from domain.options import read_options
from domain.ports.tracker import Run, Tracker
from domain.secrets import Redactor

# Defaults for the library's environment variables. Its own retries last minutes at every epoch, its telemetry sends
# data, its log repeats errors with tracebacks, and it prints to stdout, where commands write data.
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
_BATCH = 100  # the most parameters or tags of one request
_LONGEST_NAME = 250
_PRUNED = "sweep.pruned"
_OTHER = re.compile(r"[^\w\-. :/]")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MlflowOptions:
    """The location of runs.

    `uri` is a tracking server or a database. The default is MLFLOW_TRACKING_URI, or else `mlflow.db` among the
    tracker's own files with the artifacts beside it.
    """

    uri: str | None = None
    experiment: str = "arxiv-classifier"

    def __post_init__(self) -> None:
        if not isinstance(self.experiment, str) or not self.experiment.strip():
            raise ConfigurationError(f"Tracker mlflow has the experiment {self.experiment!r}, which is no name.")
        if self.uri is not None and "://" not in str(self.uri):
            raise ConfigurationError(
                f"Tracker mlflow has the uri {self.uri!r}. Write an address such as http://localhost:5000 or "
                "sqlite:///runs/mlflow.db."
            )


class MlflowTracker(Tracker):
    """Starts MLflow runs. Requests to a server time out within seconds."""

    def __init__(self, folder: Path, options: MlflowOptions = MlflowOptions()) -> None:
        if find_spec("mlflow") is None:
            raise MissingPackageError("Tracking with MLflow needs packages that are not installed.", extra="mlflow")
        self._folder = folder.absolute()
        self._options = options

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        for variable, value in _ENVIRONMENT.items():
            os.environ.setdefault(variable, value)
        # Each retry would log a line, less useful than the error that follows.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        uri = self._options.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{self._folder / 'mlflow.db'}"
        with self._alone():
            client = _client(uri)
            experiment = self._experiment(client, uri)
        run = client.create_run(experiment, run_name=name, tags=_tags(config))
        started = _MlflowRun(client, run.info.run_id)
        try:
            started.describe(config)
        except Exception:
            with suppress(Exception):
                client.set_terminated(run.info.run_id, "KILLED")
            raise
        shown = Redactor().text(uri)
        log_event(
            _logger,
            "run_recorded",
            f"Run {name} is recorded in {shown}: mlflow ui --backend-store-uri {shown}",
            tracker="mlflow",
            run=name,
            place=shown,
        )
        return started

    def _experiment(self, client: Any, uri: str) -> str:
        from mlflow.exceptions import MlflowException

        name = self._options.experiment
        place = (self._folder / "mlflow-artifacts").as_uri() if uri.startswith("sqlite:") else None
        found = client.get_experiment_by_name(name)
        if found is None:
            try:
                return str(client.create_experiment(name, artifact_location=place))
            except MlflowException:  # another program created it meanwhile
                found = client.get_experiment_by_name(name)
                if found is None:
                    raise
        return str(found.experiment_id)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Locks the folder, because two programs that create the database's tables at once would fail."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            from adapters.files.locks import locked
        except ImportError:  # Windows has no flock
            yield
        else:
            with locked(self._folder / "mlflow.lock"):
                yield


class _MlflowRun(Run):
    def __init__(self, client: Any, run_id: str) -> None:
        self._client = client
        self._run_id = run_id
        self._tables: list[dict[str, str]] = []

    def describe(self, config: Mapping[str, object]) -> None:
        from mlflow.entities import Param

        described = flattened({key: value for key, value in config.items() if key != "environment"})
        known = [Param(key, value) for key, value in {_name(key): str(value) for key, value in described}.items()]
        for start in range(0, len(known), _BATCH):
            self._client.log_batch(self._run_id, params=known[start : start + _BATCH])

    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        values = [Metric(_name(key), float(value), now, step or 0) for key, value in metrics.items()]
        self._client.log_batch(self._run_id, metrics=values)

    @override
    def log_table(self, name: str, table: Table) -> None:
        path = f"tables/{_name(name)}.json"
        self._client.log_text(self._run_id, json.dumps({"columns": table.columns, "data": table.rows}), path)
        self._tables.append({"path": path, "type": "table"})
        # MLflow's page shows the tables that this tag names.
        self._client.set_tag(self._run_id, "mlflow.loggedArtifacts", json.dumps(self._tables))

    @override
    def log_chart(self, name: str, chart: Chart) -> None:
        folder, _, last = f"charts/{_name(name)}".rpartition("/")
        with tempfile.TemporaryDirectory() as place:
            picture = Path(place) / f"{last}.png"
            picture.write_bytes(png(chart))
            self._client.log_artifact(self._run_id, str(picture), folder)

    @override
    def log_model(self, folder: Path, *, name: str, aliases: Sequence[str] = ()) -> None:
        self._client.log_artifacts(self._run_id, str(folder), "model")
        self._client.set_tag(self._run_id, "model", name)
        self._client.set_tag(self._run_id, "model.aliases", " ".join(aliases))

    @override
    def mark_pruned(self) -> None:
        self._client.set_tag(self._run_id, _PRUNED, "true")

    @override
    def finish(self, *, succeeded: bool) -> None:
        self._client.set_terminated(self._run_id, "FINISHED" if succeeded else "FAILED")


def build(options: Mapping[str, object], folder: Path) -> Tracker:
    """Returns the tracker for options from the configuration. Local files go under `folder`."""
    return MlflowTracker(folder, read_options(MlflowOptions, options, where="Tracker mlflow"))


def _client(uri: str) -> Any:
    from mlflow.tracking import MlflowClient  # over 1 s, needed only when a run starts

    return MlflowClient(tracking_uri=uri)


def _tags(config: Mapping[str, object]) -> dict[str, str]:
    environment = config.get("environment")
    described = dict(flattened(environment, "environment.")) if isinstance(environment, Mapping) else {}
    tags = {_name(key): str(value) for key, value in described.items()}
    if commit := described.get("environment.commit"):
        tags["mlflow.source.git.commit"] = str(commit)
    if trial := sweep_trial(config):
        # "false" from the start, because MLflow's filters only find runs that have the tag.
        tags |= {"sweep": trial.name, "sweep.trial": trial.trial, _PRUNED: "false"}
    return tags


def _name(key: str) -> str:
    """Returns the key in the characters that MLflow allows and as a safe path: precision@1 becomes precision_at_1."""
    parts = (part for part in _OTHER.sub("_", key.replace("@", "_at_")).split("/") if part.strip("."))
    return "/".join(parts)[:_LONGEST_NAME] or "_"
