"""A server that follows an alias of a registry, with real processes and a steady load."""

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from application.register_model import RegisterCommand
from domain.registered_model import RegistryReference
from entrypoints.container import container_of
from entrypoints.settings import Settings
from tests import fork_server
from tests.e2e.server import TEXT, Server
from tests.e2e.test_server import Traffic, bundle
from tests.waiting import until

pytest.importorskip("granian")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and fork")

ROOT = Path(__file__).parents[2]
CHAMPION = "registry:arxiv-classifier@champion"


def models(artifacts: Path, *arguments: object, **environment: str) -> str:
    """Returns the output of `arxiv-classifier models` in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARXIV_", "MODEL_", "DEBUG"))}
    settings = {**kept, "PYTHONPATH": str(ROOT), "ARXIV_CLASSIFIER_ARTIFACTS": str(artifacts), **environment}
    done = fork_server.run(["models", *arguments], cwd=artifacts, env=settings)
    assert done.returncode == 0, done.stderr
    return done.stdout


def version(traffic: Traffic) -> str:
    """Returns the version that gave the last answer."""
    found: str = traffic.answers[-1].json().get("model_version", "")
    return found


def test_promotion_and_rollback_lose_no_request(tmp_path: Path) -> None:
    """Two workers under load follow the champion there and back, also after the trained models were deleted."""
    for number in ("1", "2"):
        models(tmp_path, "register", trained := bundle(tmp_path, f"trained{number}", version=number))
        shutil.rmtree(trained)
    models(tmp_path, "promote", "arxiv-classifier/1")
    served = Server(tmp_path, workers=2, MODEL_PATH=CHAMPION, ARXIV_CLASSIFIER_ARTIFACTS=str(tmp_path))
    with served as server, Traffic(lambda: server.predict(TEXT)) as traffic:
        for command, wanted in ((["promote", "arxiv-classifier/2"], "2"), (["rollback"], "1")):
            models(tmp_path, *command)
            until(lambda wanted=wanted: version(traffic) == wanted)  # type: ignore[misc]  # bound now
            until(lambda wanted=wanted: {a.json()["model_version"] for a in traffic.answers[-20:]} == {wanted})  # type: ignore[misc]  # bound now
    assert (traffic.statuses(), traffic.errors) == ({200}, [])
    assert {answer.json()["model_version"] for answer in traffic.answers} == {"1", "2"}


def test_a_damaged_version_is_not_taken_over(tmp_path: Path) -> None:
    """If the champion's bundle was altered or is gone, the old one stays in service and the log says so."""
    for number in ("1", "2", "3"):
        models(tmp_path, "register", bundle(tmp_path, f"trained{number}", version=number))
    models(tmp_path, "promote", "arxiv-classifier/1")
    registry = tmp_path / "registry" / "arxiv-classifier"
    served = Server(tmp_path, MODEL_PATH=CHAMPION, ARXIV_CLASSIFIER_ARTIFACTS=str(tmp_path))
    with served as server, Traffic(lambda: server.predict(TEXT), threads=2) as traffic:
        until(lambda: traffic.answers)
        aliases = registry / "aliases.json"
        before = aliases.read_text("utf-8")
        weights = registry / "2" / "bundle" / "network.safetensors"
        weights.chmod(0o644)
        weights.write_bytes(b"nonsense")
        shutil.rmtree(registry / "3" / "bundle")
        for number, told in (("2", "network.safetensors"), ("3", "manifest.json")):
            aliases.write_text(before.replace('"version": 1', f'"version": {number}'), "utf-8")
            until(lambda told=told: told in str(server.events("model_refused")))  # type: ignore[misc]  # bound now
            count = len(traffic.answers)
            until(lambda count=count: len(traffic.answers) > count + 10)  # type: ignore[misc]  # bound now
            assert version(traffic) == "1"
    assert (traffic.statuses(), traffic.errors) == ({200}, [])


@contextlib.contextmanager
def server_of_a_newer_model(folder: Path) -> Iterator[Server]:
    """A server that started with version 1 and answers with 2."""
    for number in ("1", "2"):
        models(folder, "register", bundle(folder, f"trained{number}", version=number))
    models(folder, "promote", "arxiv-classifier/1")
    with Server(folder, MODEL_PATH=CHAMPION, ARXIV_CLASSIFIER_ARTIFACTS=str(folder)) as server:
        models(folder, "promote", "arxiv-classifier/2")
        until(lambda: server.predict(TEXT).json()["model_version"] == "2")
        yield server


def test_a_worker_that_takes_another_s_place_serves_the_newest_model(tmp_path: Path) -> None:
    """After kill -9 of the only worker, no request is answered by the model of the server's start."""
    with server_of_a_newer_model(tmp_path) as server:
        (killed,) = server.workers()
        os.kill(killed, signal.SIGKILL)
        until(lambda: server.workers() not in ([], [killed]) and server.answers())
        assert {server.predict(TEXT).json()["model_version"] for _ in range(5)} == {"2"}


@pytest.mark.slow
def test_a_worker_that_falls_back_says_so(tmp_path: Path) -> None:
    """A replaced worker that cannot load the current model answers with that of the start and is degraded."""
    with server_of_a_newer_model(tmp_path) as server:
        assert server.get("/api/v1/health/").json()["status"] == "healthy"
        shutil.rmtree(tmp_path / "registry" / "arxiv-classifier" / "2" / "bundle")
        (killed,) = server.workers()
        os.kill(killed, signal.SIGKILL)
        until(lambda: server.workers() not in ([], [killed]) and server.answers())
        assert server.predict(TEXT).json()["model_version"] == "1"
        until(lambda: server.get("/api/v1/health/").json()["status"] == "degraded")
        assert b'models_refused_total{model="registry:arxiv-classifier@champion"}' in server.get("/metrics").body


@pytest.mark.slow
def test_mlflow_is_followed_and_may_be_down(tmp_path: Path, empty_mlflow: Callable[[Path], None]) -> None:
    """A server follows an alias in MLflow there and back. While MLflow is down, it serves on and the log says so."""
    empty_mlflow(tmp_path)
    container = container_of(Settings(artifacts=tmp_path, registry="mlflow"))
    for number in ("1", "2"):
        trained = bundle(tmp_path, f"trained{number}", version=number)
        container.register_model()(RegisterCommand(str(trained), "arxiv-classifier"))
        shutil.rmtree(trained)
    container.promote_model()(RegistryReference("arxiv-classifier", 1), "champion")
    database = tmp_path / "runs" / "mlflow.db"
    settings: dict[str, Any] = {"ARXIV_CLASSIFIER_ARTIFACTS": str(tmp_path), "ARXIV_CLASSIFIER_REGISTRY": "mlflow"}
    served = Server(tmp_path, workers=2, MODEL_PATH=CHAMPION, **settings)
    with served as server, Traffic(lambda: server.predict(TEXT)) as traffic:
        container.promote_model()(RegistryReference("arxiv-classifier", 2), "champion")
        until(lambda: {answer.json()["model_version"] for answer in traffic.answers[-20:]} == {"2"})
        database.rename(database.with_suffix(".away"))
        database.mkdir()
        until(lambda: "last known" in server.said())
        count = len(traffic.answers)
        until(lambda: len(traffic.answers) > count + 200)
        assert {answer.json()["model_version"] for answer in traffic.answers[count:]} == {"2"}
        database.rmdir()
        database.with_suffix(".away").rename(database)
        container.roll_back_model()("arxiv-classifier", "champion")
        until(lambda: {answer.json()["model_version"] for answer in traffic.answers[-20:]} == {"1"})
    assert (traffic.statuses(), traffic.errors) == ({200}, [])


@pytest.mark.slow
def test_a_server_starts_with_what_was_last_known(tmp_path: Path, empty_mlflow: Callable[[Path], None]) -> None:
    """A server that starts while MLflow is down serves the champion that it served before."""
    empty_mlflow(tmp_path)
    container = container_of(Settings(artifacts=tmp_path, registry="mlflow"))
    trained = bundle(tmp_path, "trained1", version="1")
    container.register_model()(RegisterCommand(str(trained), "arxiv-classifier"))
    container.promote_model()(RegistryReference("arxiv-classifier", 1), "champion")
    container.loaded_model(CHAMPION)
    database = tmp_path / "runs" / "mlflow.db"
    database.unlink()
    database.mkdir()
    settings: dict[str, Any] = {"ARXIV_CLASSIFIER_ARTIFACTS": str(tmp_path), "ARXIV_CLASSIFIER_REGISTRY": "mlflow"}
    with Server(tmp_path, MODEL_PATH=CHAMPION, **settings) as server:
        assert server.predict(TEXT).json()["model_version"] == "1"
        assert "last known" in server.said()
