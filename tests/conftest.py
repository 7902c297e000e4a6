"""Rules for every test: no network, no settings from the developer's shell, no deadline per example."""

import gc
import logging
import os
import shutil
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.distribution import ByLibrary, processes

# Many tests start processes. Where the environment forbids bytecode beside the sources, each would compile all modules
# again, so it is kept in a folder of its own.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode"))

# W&B would read the metadata of every installed package whenever a run starts, which takes .3 s of a processor.
os.environ.setdefault("WANDB_X_SAVE_REQUIREMENTS", "false")

# Test machines are shared; how long an example takes says more about the neighbours than about the code. The examples
# are the same each time, so that no change is blamed for what another left; `--hypothesis-profile=search` tries others.
settings.register_profile("project", deadline=None, max_examples=25, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("project")

_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
_connect = socket.socket.connect


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of tests/test_api.py."""
    parser.addoption("--model-type", default="baseline", help="the kind of model that tests/test_api.py asks")
    parser.addoption("--direct-only", action="store_true", help="only the tests that ask the model itself")
    parser.addoption("--api-only", action="store_true", help="only the tests that ask through the API")
    parser.addoption("--api-port", type=int, help="ask the API that listens at this port, and start none")


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Says how many processes `-n logical` starts."""
    if config.option.collectonly:
        return 0
    return processes(config.args if config.args_source is pytest.Config.ArgsSource.ARGS else ())


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByLibrary | None:
    """Keeps the tests of a file, and those of a heavy library, in one process."""
    return ByLibrary(config, log) if config.getoption("dist") == "load" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Makes the tests without garbage collections, because none of their objects is garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.fixture(scope="module", autouse=True)
def _only_new_objects_are_searched() -> None:
    """Leaves the objects of all tests and of earlier files out of garbage collections.

    A process of all tests has millions. A collection searched them for a second, and a sweep collects once per trial.
    What earlier files left open is no fault of the next one.
    """
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()
    gc.freeze()


COLLECTED_WITH = pytest.StashKey[frozenset[str]]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keeps which packages were imported when all tests were collected and none had run."""
    session.config.stash[COLLECTED_WITH] = frozenset(name.partition(".")[0] for name in sys.modules)


@pytest.fixture(scope="session")
def collected_with(pytestconfig: pytest.Config) -> frozenset[str]:
    """The packages that collecting the tests imported."""
    return pytestconfig.stash[COLLECTED_WITH]


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _no_settings_from_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        ours = name in {"MODEL_PATH", "MODEL_TYPE", "DEBUG"} or name.startswith("ARXIV_CLASSIFIER_")
        if ours and name != "ARXIV_CLASSIFIER_DATA":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """Commands, servers and fixtures set the log up in the process that runs them; no test starts or ends with that."""
    _reset_levels()
    handlers = list(logging.root.handlers)
    yield
    logging.root.handlers[:] = handlers
    _reset_levels()
    logging.captureWarnings(False)
    for each in logging.root.manager.loggerDict.values():
        if type(each).__name__ == "_Adopted":
            each.__class__ = logging.Logger


def _reset_levels() -> None:
    logging.root.setLevel(logging.WARNING)
    for package in ("domain", "application", "adapters", "entrypoints"):
        logging.getLogger(package).setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("slow") is None:
        monkeypatch.setattr(socket.socket, "connect", _connect_locally)


def _connect_locally(self: socket.socket, address: Any) -> None:
    if isinstance(address, tuple) and address[0] not in _LOCAL:
        raise AssertionError(f"a test that is not marked slow reached for {address[0]}")
    _connect(self, address)


@pytest.fixture(scope="session")
def mlflow_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database without runs and models; its tables take two seconds to make."""
    pytest.importorskip("mlflow")
    from adapters.registry import mlflow

    artifacts = tmp_path_factory.mktemp("mlflow")
    assert mlflow.build({"uri": f"sqlite:///{artifacts / 'mlflow.db'}"}, artifacts).names() == ()
    return artifacts / "mlflow.db"


@pytest.fixture
def empty_mlflow(mlflow_database: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Puts an empty MLflow database among some artifacts, at the place of a registry and of trackers."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)

    def put(artifacts: Path) -> None:
        (artifacts / "runs").mkdir(parents=True, exist_ok=True)
        shutil.copy(mlflow_database, artifacts / "runs" / "mlflow.db")

    return put
