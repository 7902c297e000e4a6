"""The start of a server: mistakes are reported before it listens, and a signal ends it at once."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from entrypoints.cli.page_process import page
from entrypoints.rest.http.access import hashed
from tests.e2e.done import Run
from tests.waiting import until

pytest.importorskip("granian")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs fork")

SOON = 10.0  # a stop that waits takes 25 seconds
KEY = "a key of forty random characters or so"
# The command line with the kind `fake`; it tells of each socket that is bound, and a step of the model takes a minute.
_SLOW = """
import os, sys, time
from typing import Any
from entrypoints.cli.main import main
from entrypoints.registry import CLASSIFIERS
from tests.fakes.classifier import FakeClassifier, FakeFamily
sys.addaudithook(lambda event, found: event == "socket.bind" and print("BOUND", file=sys.stderr, flush=True))
def slowly():
    print("SLOW", file=sys.stderr, flush=True)
    time.sleep(60)
class Slow(FakeClassifier):
    def predict(self, abstracts, *, checkpoint=None):
        slowly()
class SlowToLoad(FakeFamily):
    def load(self, folder, taxonomy):
        slowly()
class SlowToPredict(FakeFamily):
    def load(self, folder, taxonomy):
        return Slow(taxonomy)
class SlowToFork(SlowToPredict):
    def load(self, folder, taxonomy):
        os.register_at_fork(after_in_child=begin)
        return super().load(folder, taxonomy)
def begin():
    print("FORKED", file=sys.stderr, flush=True)
    time.sleep(0.5)
CLASSIFIERS["fake"] = "__main__:" + sys.argv.pop(1)
sys.exit(main())
"""


@contextmanager
def serving(environment: dict[str, str], folder: Path, family: str, *arguments: str) -> Iterator[Callable[[], str]]:
    """Starts a server in a process of its own, stops it when the block ends, and gives its stderr."""
    log = folder / "server.log"
    with log.open("wb") as stderr:
        command = [sys.executable, "-c", _SLOW, family, "serve", "--port", "18431", *arguments]
        process = subprocess.Popen(command, env=environment, cwd=folder, stderr=stderr, start_new_session=True)
    try:
        yield log.read_text
        started = time.monotonic()
        process.terminate()
        process.wait(30)
        assert time.monotonic() - started < SOON
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.parametrize("family", ["SlowToLoad", "SlowToPredict"], ids=["model loads", "worker's first prediction"])
def test_a_stop_during_the_start_ends_it(environment: dict[str, str], tmp_path: Path, family: str) -> None:
    """SIGTERM ends a server at once while the model is loaded and while its workers warm up."""
    with serving(environment, tmp_path, family, "--workers", "2") as said:
        until(lambda: "SLOW" in said())


def test_a_stop_ends_workers_that_were_just_forked(environment: dict[str, str], tmp_path: Path) -> None:
    """A worker that SIGTERM reaches just after its fork ends too."""
    with serving(environment, tmp_path, "SlowToFork", "--workers", "2") as said:
        until(lambda: said().count("FORKED") == 2)


def test_no_address_is_listened_at_without_a_model(environment: dict[str, str], tmp_path: Path) -> None:
    """`serve --model nosuch` ends with code 3 and a sentence with the remedy, and opens no socket before."""
    command = [sys.executable, "-c", _SLOW, "SlowToLoad", "serve", "--model", "nosuch"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert done.stderr.startswith("Error: There is no model 'nosuch'")
    assert done.stderr.endswith("Name another model with --model, MODEL_PATH or MODEL_TYPE.\n")


@pytest.mark.parametrize(
    ("variables", "code", "said"),
    [
        ({"MODEL_PATH": "/nowhere"}, 3, "There is no model '/nowhere'"),
        ({"MODEL_TYPE": "nosuch"}, 2, "There is no kind of model 'nosuch'. Known are: baseline"),
        ({"MODEL_TYPE": "scibert"}, 3, "There is no model 'scibert'"),
        ({"MODEL_PATH": "baseline"}, 2, "MODEL_TYPE is 'fake', and MODEL_PATH is 'baseline'"),
        ({"ARXIV_CLASSIFIER_API__VARIANTS": '{"a": {"model": "nosuch"}}'}, 3, "The variant 'a' has this model"),
    ],
)
def test_what_is_wrong_at_the_start(
    run: Run, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], code: int, said: str
) -> None:
    """A model that cannot be served is exit code 3. An unknown kind and contradictory settings are 2."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    done = run("serve")
    assert (done.returncode, said in done.stderr.decode()) == (code, True), done.stderr.decode()


@pytest.mark.parametrize("command", [("predict", "--text", "An image."), ("models", "verify")])
def test_commands_refuse_a_path_of_another_kind(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """MODEL_TYPE beside a MODEL_PATH of another kind ends commands that load the model. --model overrides both."""
    monkeypatch.setenv("MODEL_PATH", "baseline")
    done = run(*command)
    assert (done.returncode, b"MODEL_TYPE is 'fake', and MODEL_PATH is 'baseline'" in done.stderr) == (2, True)
    assert run("predict", "--text", "An image.", "--model", "fake").returncode == 0


@pytest.mark.parametrize(("given", "said"), [("", "API_KEY is not set"), ("another", "a key that is not among them")])
def test_a_page_without_a_key(run: Run, monkeypatch: pytest.MonkeyPatch, given: str, said: str) -> None:
    """`serve --demo` of an API with keys ends before it serves if the page has no key, and names the setting."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_API__KEYS", hashed(KEY))
    monkeypatch.setenv("API_KEY", given)
    done = run("serve", "--demo")
    assert (done.returncode, said in done.stderr.decode()) == (2, True), done.stderr.decode()
    assert "Set API_KEY" in done.stderr.decode()


def test_a_page_that_starts_delays_no_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that does not listen yet and ignores signals ends with the server."""
    stubborn = tmp_path / "python"
    stubborn.write_text(f"#!{sys.executable}\nimport signal, time\nsignal.signal(15, signal.SIG_IGN)\ntime.sleep(30)\n")
    stubborn.chmod(stubborn.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(stubborn))
    with page("127.0.0.1", 18431, 18432):
        time.sleep(0.5)
        started = time.monotonic()
    assert time.monotonic() - started < SOON
