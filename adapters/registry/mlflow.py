"""MLflow's model registry: in a local database, or on a tracking server."""

import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from typing_extensions import override

from adapters.registry.bundle_cache import BundleCache
from adapters.registry.bundle_copies import copy_bundles
from adapters.registry.file_changes import locked, told_of
from adapters.registry.lookup import choose, no_such_name
from adapters.registry.mlflow_server import MlflowServer, exists_already, is_unknown
from adapters.registry.records import change_json, entry_json, read_change, read_entry, readable
from domain.errors import ConfigurationError, CorruptModelError, RegistryUnavailableError
from domain.log_events import log_event
from domain.options import read_options
from domain.ports.registry import ModelRegistry
from domain.registered_model import (
    Alias,
    AliasChange,
    RegisteredModel,
    Registration,
    RegistryReference,
    check_alias,
    check_name,
)

_TAG = "arxiv_classifier"
_ENTRY = f"{_TAG}.entry"
_MOVE = f"{_TAG}.alias."
_ARTIFACTS = "model"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MlflowRegistryOptions:
    """The location of the registry and of its cache.

    `uri` is a tracking server or a database. The default is MLFLOW_REGISTRY_URI, else MLFLOW_TRACKING_URI, else the
    database of the tracker mlflow, `runs/mlflow.db` among the artifacts. Bundles are logged to runs of `experiment`.
    `folder` caches downloaded bundles, by default in `registry-cache` among the artifacts. `timeout` is that of a
    server in seconds, by default MLFLOW_HTTP_REQUEST_TIMEOUT or 5.
    """

    uri: str = ""
    experiment: str = "arxiv-classifier-registry"
    folder: str = ""
    timeout: int | None = None

    def __post_init__(self) -> None:
        for name in ("uri", "experiment", "folder"):
            if not isinstance(getattr(self, name), str):
                raise ConfigurationError(f"Option {name} of registry mlflow is {getattr(self, name)!r}, not a text.")
        if self.timeout is not None and (type(self.timeout) is not int or self.timeout < 1):
            raise ConfigurationError(
                f"Option timeout of registry mlflow is {self.timeout!r}. Write whole seconds, from 1."
            )
        if self.uri and "://" not in self.uri:
            raise ConfigurationError(
                f"Option uri of registry mlflow is {self.uri!r}. Write an address such as http://localhost:5000 or "
                "sqlite:///runs/mlflow.db."
            )
        if not self.experiment.strip():
            raise ConfigurationError("Option experiment of registry mlflow is empty. Name one, or leave it out.")


def build(options: Mapping[str, object], artifacts: Path) -> ModelRegistry:
    """Returns the registry for options from the configuration."""
    said = read_options(MlflowRegistryOptions, options, where="Registry mlflow")
    runs = artifacts.absolute() / "runs"
    elsewhere = said.uri or os.environ.get("MLFLOW_REGISTRY_URI") or os.environ.get("MLFLOW_TRACKING_URI")
    cache = Path(said.folder).expanduser().absolute() if said.folder else artifacts.absolute() / "registry-cache"
    uri = elsewhere or f"sqlite:///{runs / 'mlflow.db'}"
    server = MlflowServer(uri, cache / "setting-up", timeout=said.timeout)
    models = None if elsewhere else (runs / "mlflow-models").as_uri()
    return MlflowModelRegistry(server, cache, experiment=said.experiment, models=models)


class MlflowModelRegistry(ModelRegistry):
    """A registry of MLflow model versions, which have the bundle as artifacts and the record as a tag.

    Aliases are MLflow's. Each move of an alias is a tag of its own on the registered model, so that none overwrites
    another. Processes of one machine move an alias one after another. If two machines do so at once, both moves are
    recorded and the later one counts. If the registry cannot be reached, its last known answers are used, with a
    warning.
    """

    def __init__(self, server: MlflowServer, folder: Path, *, experiment: str, models: str | None = None) -> None:
        self._server = server
        self._folder = folder
        self._cache = BundleCache(folder / "bundles")
        self._experiment = experiment
        self._models = models
        self._down = False

    @override
    def register(self, name: str, registration: Registration) -> RegisteredModel:
        check_name(name)
        with told_of(f"{registration.stored.name} cannot be registered", self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=self._folder, prefix=".", suffix=".partial") as copy:
                copy_bundles(registration, Path(copy))
                with self._server.asked() as client:
                    return self._upload(client, name, registration, copy)

    def _upload(self, client: Any, name: str, registration: Registration, copy: str) -> RegisteredModel:
        with self._alone():
            self._ensure_name(client, name)
            experiment = self._experiment_id(client)
        run = client.create_run(experiment, run_name=f"register {name}")
        client.log_artifacts(run.info.run_id, copy, _ARTIFACTS)
        source = f"{run.info.artifact_uri.rstrip('/')}/{_ARTIFACTS}"
        made = client.create_model_version(name, source, run.info.run_id, description=registration.notes or None)
        model = RegisteredModel.of(name, int(made.version), registration)
        # Versions without this tag, such as one left by a kill, are ignored.
        client.set_model_version_tag(name, made.version, _ENTRY, entry_json(model))
        client.set_terminated(run.info.run_id)
        return model

    @override
    def names(self) -> tuple[str, ...]:
        with self._server.asked() as client:
            found: list[str] = []
            token: str | None = None
            while True:
                page = client.search_registered_models(f"tags.`{_TAG}` = 'true'", page_token=token)
                found += [each.name for each in page]
                token = page.token
                if not token:
                    return tuple(sorted(name for name in found if self._numbers(client, name)))

    @override
    def versions(self, name: str) -> tuple[RegisteredModel, ...]:
        check_name(name)
        with self._server.asked() as client:
            found = {int(each.version): each for each in self._listed(client, name)}
        if not found:
            raise no_such_name(name, self.names())
        return readable(partial(self._entry, found[number]) for number in sorted(found, reverse=True))

    @override
    def find(self, reference: RegistryReference) -> RegisteredModel:
        try:
            model = self._found(reference)
        except RegistryUnavailableError as error:
            known = self._cache.last_known(reference)
            if known is None:
                raise
            if not self._down:
                self._down = True
                log_event(
                    _logger,
                    "registry_unavailable",
                    f"{error} {reference} was last known to be version {known.version}.",
                    level=logging.WARNING,
                    model=str(reference),
                    version=known.version,
                )
            return known
        if self._down:
            self._down = False
            log_event(
                _logger,
                "registry_recovered",
                f"The registry at {self._server.shown} answers again.",
                level=logging.WARNING,
                registry=self._server.shown,
            )
        self._cache.remember(reference, model)
        return model

    def _found(self, reference: RegistryReference) -> RegisteredModel:
        with self._server.asked() as client:
            if reference.alias is not None:
                aliases = self._aliases(client, reference.name)
                held = [each.version for each in aliases if each.name == reference.alias and each.version is not None]
                if held:
                    return self._entry(client.get_model_version(reference.name, str(held[0])))
            found = {int(each.version): each for each in self._listed(client, reference.name)}
            if found:
                return self._entry(found[choose(reference, list(found), self._aliases(client, reference.name))])
        raise no_such_name(reference.name, self.names())

    @override
    def locate(self, model: RegisteredModel, *, anew: bool = False) -> Path:
        return self._cache.bundle(model, lambda folder: self._fetch(model, folder), anew=anew)

    def _fetch(self, model: RegisteredModel, folder: Path) -> None:
        with self._server.asked() as client:
            version = client.get_model_version(model.name, str(model.version))
            try:
                self._download(version.source or "", folder)
            except Exception as error:
                if self._has_artifacts(client, version):
                    raise
                raise CorruptModelError(
                    f"The bundle of {model.reference} is gone from {self._server.shown}: there is nothing at "
                    f"{version.source}. Register {model.model} again, or promote another version of {model.name}."
                ) from error

    def _download(self, source: str, folder: Path) -> None:
        from mlflow.artifacts import download_artifacts

        with TemporaryDirectory(dir=folder.parent, prefix=".", suffix=".download") as place:
            got = Path(download_artifacts(artifact_uri=source, dst_path=place, tracking_uri=self._server.uri))
            for each in got.iterdir():
                each.rename(folder / each.name)

    @staticmethod
    def _has_artifacts(client: Any, version: Any) -> bool:
        return bool(client.list_artifacts(version.run_id, _ARTIFACTS))

    @override
    def aliases(self, name: str) -> tuple[Alias, ...]:
        check_name(name)
        with self._server.asked() as client:
            return self._aliases(client, name)

    @override
    def move(self, name: str, alias: str, decide: Callable[[Alias], AliasChange | None]) -> AliasChange | None:
        check_alias(alias)
        with self._alone(), self._server.asked() as client:
            if not self._numbers(client, name):
                raise no_such_name(name, self.names())
            known = {each.name: each for each in self._aliases(client, name)}
            standing = known.get(alias, Alias(alias, None))
            change = decide(standing)
            if change is not None:
                # The alias first, so that a promotion killed before its record is written can still be rolled back.
                client.set_registered_model_alias(name, alias, str(change.version))
                key = f"{_MOVE}{alias}.{len(standing.history) + 1:06d}-{os.urandom(4).hex()}"
                client.set_registered_model_tag(name, key, change_json(change))
        return change

    def _alone(self) -> AbstractContextManager[None]:
        return locked(self._folder / "moving")

    def _ensure_name(self, client: Any, name: str) -> None:
        try:
            client.create_registered_model(name, tags={_TAG: "true"})
        except Exception as error:
            if not exists_already(error):
                raise
            client.set_registered_model_tag(name, _TAG, "true")

    def _experiment_id(self, client: Any) -> str:
        found = client.get_experiment_by_name(self._experiment)
        if found is not None:
            return str(found.experiment_id)
        return str(client.create_experiment(self._experiment, artifact_location=self._models))

    def _numbers(self, client: Any, name: str) -> list[int]:
        return [int(each.version) for each in self._listed(client, name)]

    @staticmethod
    def _listed(client: Any, name: str) -> Sequence[Any]:
        """Returns the versions of a name that this program registered."""
        found: list[Any] = []
        token: str | None = None
        while True:
            page = client.search_model_versions(f"name = '{name}'", page_token=token)
            found += [each for each in page if _ENTRY in each.tags]
            token = page.token
            if not token:
                return found

    def _entry(self, version: Any) -> RegisteredModel:
        where = f"The tag {_ENTRY} of version {version.version} of {version.name} at {self._server.shown}"
        model = read_entry(version.tags.get(_ENTRY, ""), where)
        if (model.name, model.version) != (version.name, int(version.version)):
            raise CorruptModelError(f"{where} is the record of {model.reference}. Register the model again.")
        return model

    def _aliases(self, client: Any, name: str) -> tuple[Alias, ...]:
        try:
            found = client.get_registered_model(name)
        except Exception as error:
            if is_unknown(error):
                return ()
            raise
        held = {alias: int(version) for alias, version in found.aliases.items()}
        return tuple(Alias(alias, held[alias], self._moves(name, alias, found.tags)) for alias in sorted(held))

    def _moves(self, name: str, alias: str, tags: Mapping[str, str]) -> tuple[AliasChange, ...]:
        before = f"{_MOVE}{alias}."
        keys = sorted(key for key in tags if key.startswith(before))
        try:
            return tuple(read_change(json.loads(tags[key])) for key in keys)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise CorruptModelError(
                f"A tag {before}* of {name} at {self._server.shown} cannot be read: {error}. Delete it in MLflow."
            ) from error
