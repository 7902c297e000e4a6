"""A store with one model of kind `fake`, and functions that run the command line on it."""

import io
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from domain.ports.classifier import FitSession
from entrypoints.cli.main import main
from entrypoints.registry import CLASSIFIERS
from tests import fork_server
from tests.e2e.done import Done, Run
from tests.examples import small_card, small_papers, small_taxonomy
from tests.fakes.classifier import FakeClassifier
from tests.served_state import forget_state

ROOT = Path(__file__).parents[2]
OWN = ("ARXIV_CLASSIFIER_", "MODEL_", "DEBUG")
OWN_SET = ("ARXIV_CLASSIFIER_ARTIFACTS", "MODEL_TYPE")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with one trained model of kind `fake`."""
    folder = tmp_path_factory.mktemp("store")
    classifier = FakeClassifier(small_taxonomy())
    classifier.fit(small_papers(60), [], FitSession(1, tmp_path_factory.mktemp("workspace"), lambda probabilities: 0.0))
    FilesystemModelStore(folder).save(small_card("fake"), classifier.save)
    return folder


@pytest.fixture
def environment(store: Path) -> dict[str, str]:
    """The environment of a command: that of the tests, with models looked for in `store` and kind `fake`."""
    # Unbuffered, a full disk is noticed at the first write, and not when the interpreter ends.
    unwanted = (*OWN, "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {**kept, "PYTHONPATH": str(ROOT), "ARXIV_CLASSIFIER_ARTIFACTS": str(store), "MODEL_TYPE": "fake"}


@pytest.fixture
def run(
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Iterator[Run]:
    """Runs the command line in an empty folder, in this process, and returns its exit code, stdout and stderr."""
    for name in [name for name in os.environ if name.startswith(OWN)]:
        monkeypatch.delenv(name)
    for name in OWN_SET:
        monkeypatch.setenv(name, environment[name])
    monkeypatch.setitem(CLASSIFIERS, "fake", "tests.fakes.classifier:FakeFamily")
    monkeypatch.chdir(tmp_path)

    def run_(*arguments: object, input: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(input)))
        if "entrypoints.rest.configuration" in sys.modules:  # a process of its own would read its settings anew
            forget_state()
        code = main([str(argument) for argument in arguments])
        stdout, stderr = capfdbinary.readouterr()
        return Done(code, stdout, stderr)

    on_termination = signal.getsignal(signal.SIGTERM)
    yield run_
    signal.signal(signal.SIGTERM, on_termination)


@pytest.fixture
def run_apart(run: Run) -> Run:
    """Runs the command line as `run` does, in a process of its own.

    Commands that set Django up need it. Django reads its settings once per process, and another test may have done so.
    """

    def run_apart_(*arguments: object) -> Done:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = fork_server.run(arguments, cwd=Path.cwd(), env=environment, module="tests.e2e.fake_command")
        return Done(done.returncode, done.stdout.encode(), done.stderr.encode())

    return run_apart_


@pytest.fixture
def own_store(run: Run, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the store for a test that saves models, so that other tests keep the model they expect."""
    copy = tmp_path / "own-store"
    shutil.copytree(store, copy)
    monkeypatch.setenv("ARXIV_CLASSIFIER_ARTIFACTS", str(copy))
    return copy


@pytest.fixture
def command() -> Sequence[str]:
    """The command that starts the command line with the kind `fake` in a process of its own."""
    return [sys.executable, "-m", "tests.e2e.fake_command"]
