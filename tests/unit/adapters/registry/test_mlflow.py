"""MLflow's registry: a server that is down, models of other programs, and missing artifacts."""

import logging
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from adapters.registry import mlflow
from domain.errors import (
    ConfigurationError,
    CorruptModelError,
    ModelNotFoundError,
    RegistryUnavailableError,
)
from domain.model_bundle import StoredModel
from domain.ports.registry import ModelRegistry
from domain.registered_model import AliasChange, RegisteredModel, Registration, RegistryReference
from tests.examples import small_card
from tests.lazily import skip_without

skip_without("mlflow")
NAME = "arxiv-classifier"
AT = "2026-11-21T10:00:00+00:00"
CHAMPION = RegistryReference(NAME, alias="champion")


@pytest.fixture
def stored(tmp_path: Path) -> StoredModel:
    """A stored model."""

    def write_weights(folder: Path) -> None:
        (folder / "weights.bin").write_bytes(b"1234")

    return FilesystemModelStore(tmp_path / "models").save(small_card(), write_weights)


@pytest.fixture
def registry(tmp_path: Path, empty_mlflow: Callable[[Path], None]) -> ModelRegistry:
    """A registry in a local database among the artifacts."""
    empty_mlflow(tmp_path)
    return mlflow.build({}, tmp_path)


@pytest.fixture
def champion(registry: ModelRegistry, stored: StoredModel) -> RegisteredModel:
    """A registered model that is the champion, fetched once."""
    model = registry.register(NAME, Registration(stored, AT))
    registry.move(NAME, "champion", lambda alias: AliasChange(1, None, "promote", AT))
    registry.locate(registry.find(CHAMPION))
    return model


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)
        yield server.getsockname()[1]


def test_a_server_that_refuses_is_told_of_within_seconds(tmp_path: Path, closed_port: int, stored: StoredModel) -> None:
    """Every question to a server that is down is an error that names it, soon and without its password."""
    registry = mlflow.build({"uri": f"http://me:secret@127.0.0.1:{closed_port}"}, tmp_path)
    started = time.monotonic()
    for ask in (
        registry.names,
        lambda: registry.find(CHAMPION),
        lambda: registry.register(NAME, Registration(stored, AT)),
        lambda: registry.move(NAME, "champion", lambda alias: None),
    ):
        with pytest.raises(
            RegistryUnavailableError, match=rf"//\*\*\*@127\.0\.0\.1:{closed_port} .*refuses connections"
        ) as told:
            ask()
        assert "secret" not in str(told.value)
    assert time.monotonic() - started < 30


def test_a_server_that_is_silent_is_given_up(tmp_path: Path, silent_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts a request and does not answer is abandoned after a time that can be set.

    The next request at once gets the error without another wait.
    """
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
    registry = mlflow.build({"uri": f"http://127.0.0.1:{silent_port}", "timeout": 2}, tmp_path)
    asked = (registry.names, lambda: registry.find(CHAMPION), lambda: registry.find(RegistryReference(NAME, 1)))
    waits = []
    for ask in asked:
        started = time.monotonic()
        with pytest.raises(RegistryUnavailableError, match=f"{silent_port} .*did not answer in time, which is 2 s"):
            ask()
        waits.append(time.monotonic() - started)
    assert waits[0] < 30  # the library's import is in it
    assert max(waits[1:]) < 1


def test_a_database_that_is_down_is_told_of_at_once(tmp_path: Path) -> None:
    """A path that is no database is an error within seconds, where MLflow itself would try for a hundred."""
    (tmp_path / "mlflow.db").mkdir()
    started = time.monotonic()
    with pytest.raises(RegistryUnavailableError, match="unable to open database file"):
        mlflow.build({"uri": f"sqlite:///{tmp_path / 'mlflow.db'}"}, tmp_path).names()
    assert time.monotonic() - started < 10


def test_waits_are_short_unless_somebody_said_otherwise(mlflow_database: Path) -> None:
    """A request sets short waits, no telemetry and a quiet stdout for MLflow, unless the environment has them."""
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert int(os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"]) <= 1
    assert os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] == "true"  # stdout may be JSON


def test_what_was_last_known_serves_while_the_registry_is_down(
    registry: ModelRegistry, champion: RegisteredModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A new process finds the last champion with its bundle, and one warning says so. It says too when it is back."""
    database = tmp_path / "runs" / "mlflow.db"
    database.rename(database.with_suffix(".away"))
    database.mkdir()
    restarted = mlflow.build({}, tmp_path)
    with caplog.at_level(logging.WARNING):
        found = [restarted.find(CHAMPION) for _ in range(3)]
    assert found == [champion] * 3
    assert FilesystemModelStore(tmp_path / "models").find(str(restarted.locate(found[0]))).digest == champion.digest
    (warning,) = [record.getMessage() for record in caplog.records if record.name.startswith("adapters")]
    # Who promotes hears it too, before the error: it does not say that anything was used.
    assert warning.endswith(f" {CHAMPION} was last known to be version 1.")
    with pytest.raises(RegistryUnavailableError):
        restarted.find(RegistryReference(NAME, alias="challenger"))
    with pytest.raises(RegistryUnavailableError):
        restarted.move(NAME, "champion", lambda alias: None)
    database.rmdir()
    database.with_suffix(".away").rename(database)
    with caplog.at_level(logging.WARNING):
        assert mlflow.build({}, tmp_path).find(CHAMPION) == champion


def test_what_is_known_no_longer_is_not_taken_from_memory(registry: ModelRegistry, champion: RegisteredModel) -> None:
    """If the registry answers that there is no such alias, nothing that was known of it counts."""
    _client(registry).delete_registered_model_alias(NAME, "champion")
    with pytest.raises(ModelNotFoundError, match="no alias 'champion'"):
        registry.find(CHAMPION)


def test_a_broken_copy_is_fetched_again(registry: ModelRegistry, champion: RegisteredModel) -> None:
    """A kept bundle without its manifest is replaced by what the registry has."""
    folder = registry.locate(champion)
    shutil.rmtree(folder)
    assert (registry.locate(champion) / "weights.bin").read_bytes() == b"1234"


def test_artifacts_that_are_gone_are_told(registry: ModelRegistry, champion: RegisteredModel, tmp_path: Path) -> None:
    """A bundle that only this machine still has is served, and is refused where it is asked for anew."""
    shutil.rmtree(tmp_path / "runs" / "mlflow-models")
    assert registry.locate(champion).is_dir()
    with pytest.raises(CorruptModelError, match=r"registry:arxiv-classifier/1 is gone"):
        registry.locate(champion, anew=True)
    assert registry.locate(champion).is_dir()


def test_artifacts_that_were_altered_are_told(
    registry: ModelRegistry, champion: RegisteredModel, tmp_path: Path
) -> None:
    """Another manifest among the artifacts is refused, and the copy that is kept stays."""
    (manifest,) = (tmp_path / "runs" / "mlflow-models").rglob("manifest.json")
    manifest.chmod(0o644)
    manifest.write_text("{}")
    with pytest.raises(CorruptModelError, match="was altered"):
        registry.locate(champion, anew=True)
    assert (registry.locate(champion) / "manifest.json").read_text() != "{}"


def test_models_of_others_are_left_alone(registry: ModelRegistry, champion: RegisteredModel) -> None:
    """Names and versions that another program registered are not listed, and ours count on beside them."""
    client = _client(registry)
    client.create_registered_model("theirs")
    client.create_model_version("theirs", "file:///nowhere")
    client.create_model_version(NAME, "file:///nowhere")
    assert registry.names() == (NAME,)
    assert [model.version for model in registry.versions(NAME)] == [1]
    with pytest.raises(ModelNotFoundError):
        registry.find(RegistryReference("theirs"))
    client.set_registered_model_alias(NAME, "strange", "2")
    with pytest.raises((CorruptModelError, ModelNotFoundError)):
        registry.find(RegistryReference(NAME, alias="strange"))


def test_an_alias_that_was_moved_in_mlflow_can_be_rolled_back(
    registry: ModelRegistry, champion: RegisteredModel, stored: StoredModel
) -> None:
    """A move without a record is seen, and what was recorded last is what was before."""
    registry.register(NAME, Registration(stored, AT))
    _client(registry).set_registered_model_alias(NAME, "champion", "2")
    (alias,) = registry.aliases(NAME)
    assert (alias.version, len(alias.history), alias.earlier()) == (2, 1, 1)


def test_a_corrupt_record_is_named(registry: ModelRegistry, champion: RegisteredModel) -> None:
    """A tag that cannot be read is a CorruptModelError that names it."""
    client = _client(registry)
    client.set_model_version_tag(NAME, "1", "arxiv_classifier.entry", "{")
    with pytest.raises(CorruptModelError, match=r"arxiv_classifier\.entry of version 1"):
        registry.find(CHAMPION)
    client.set_registered_model_tag(NAME, "arxiv_classifier.alias.champion.000009-x", "[]")
    with pytest.raises(CorruptModelError, match=r"arxiv_classifier\.alias\.champion"):
        registry.aliases(NAME)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"url": "x"}, "Did you mean 'uri'"),
        ({"uri": "localhost:5000"}, "Write an address"),
        ({"uri": 7}, "not a text"),
        ({"experiment": " "}, "is empty"),
        ({"timeout": 0}, "whole seconds"),
        ({"timeout": "soon"}, "whole seconds"),
        ({"uri": "gopher://x"}, "gopher"),
    ],
)
def test_bad_options(options: dict[str, object], told: str, tmp_path: Path) -> None:
    """An invalid option is an error. An invalid address is one at the first request at the latest."""
    with pytest.raises((ConfigurationError, RegistryUnavailableError), match=told):
        mlflow.build(options, tmp_path).names()


def test_the_address_comes_from_the_environment_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLFLOW_REGISTRY_URI wins over MLFLOW_TRACKING_URI, and the option over both."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://127.0.0.1:2")
    with pytest.raises(RegistryUnavailableError, match=r"127\.0\.0\.1:2 "):
        mlflow.build({}, tmp_path).names()
    with pytest.raises(RegistryUnavailableError, match=r"127\.0\.0\.1:3 "):
        mlflow.build({"uri": "http://127.0.0.1:3"}, tmp_path).names()


def _client(registry: ModelRegistry) -> Any:
    from mlflow import MlflowClient

    uri = registry._server.uri  # type: ignore[attr-defined]  # what a person does in MLflow itself is done beside it
    return MlflowClient(tracking_uri=uri, registry_uri=uri)
