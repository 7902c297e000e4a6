"""The contract of every tracker: it takes all records of a training, without secrets and names of the machine."""

import getpass
import math
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.trackers.mlflow import MlflowTracker
from adapters.trackers.null import NullTracker
from adapters.trackers.several import SeveralTracker
from adapters.trackers.tensorboard import TensorBoardTracker
from adapters.trackers.weights_and_biases import WeightsAndBiasesOptions, WeightsAndBiasesTracker
from application.runs.tracking import DescribingTracker, SafeTracker
from domain.charts import BarChart, Line, LineChart, Table
from domain.ports.tracker import Tracker
from domain.secrets import Redactor
from tests.fakes.tracker import FakeTracker

SECRET = "s3cr3t-0123456789"


def wandb_offline(folder: Path) -> Tracker:
    """Weights & Biases in files."""
    return WeightsAndBiasesTracker(folder, WeightsAndBiasesOptions(mode="offline"))


TRACKERS: dict[str, Callable[[Path], Tracker]] = {
    "fake": lambda folder: FakeTracker(),
    "null": lambda folder: NullTracker(),
    "safe": lambda folder: SafeTracker(FakeTracker()),
    "wandb disabled": lambda folder: WeightsAndBiasesTracker(folder, WeightsAndBiasesOptions(mode="disabled")),
    "wandb offline": wandb_offline,
    "mlflow": MlflowTracker,  # in a database that is there already
    "tensorboard": TensorBoardTracker,
    "several": lambda folder: SeveralTracker([TensorBoardTracker(folder), NullTracker(), FakeTracker()]),
}
WRITING = ("wandb offline", "mlflow", "tensorboard", "several")

TABLE = Table(
    ("id", "title", "right", "probability", "count"),
    (("2101.00001", "On | pipes\nand lines", True, 0.5, 3), (None, "", False, None, 0)),
)
LINES = LineChart("Reliability", "probability", "share", (Line("model", ((0.0, 0.1), (1.0, 0.9))), Line("none", ())))
BARS = BarChart("F1 by category", "category", "F1", (("cs.LG", 0.5), ("hep-th", 0.25)))


@pytest.fixture(autouse=True)
def nobody_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home, and no service in the environment."""
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture(params=sorted(TRACKERS))
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Tracker:
    """A tracker that may write to a temporary folder only."""
    return made(request, request.param, tmp_path)


def made(request: pytest.FixtureRequest, name: str, folder: Path) -> Tracker:
    """The tracker of a name, which writes to the folder `runs`."""
    if name == "mlflow":
        request.getfixturevalue("empty_mlflow")(folder)
    return TRACKERS[name](folder / "runs")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A bundle's folder with a file in a folder of its own."""
    (tmp_path / "model" / "inner").mkdir(parents=True)
    (tmp_path / "model" / "weights.bin").write_bytes(b"1234")
    (tmp_path / "model" / "inner" / "words.txt").write_text("a\nb\n")
    return tmp_path / "model"


def test_takes_a_whole_run(tracker: Tracker, model: Path) -> None:
    """A run takes nested configuration, metrics of epochs, final ones, tables, charts, a model, and its end."""
    run = tracker.start("first", {"epochs": 2, "model": {"hidden": [8, 4], "stem": None}, "rate": 0.1, "empty": {}})
    for epoch in (1, 2):
        run.log({"loss": 1 / epoch, "micro_f1": math.nan, "precision@1": 0.5}, step=epoch)
    run.log({"test/micro_f1": 0.7})
    run.log({"weight/baseline/20261120T101112Z": 0.5})
    run.log_table("test/examples", TABLE)
    run.log_table("nothing", Table(("a",), ()))
    run.log_chart("test/reliability", LINES)
    run.log_chart("test/f1", BARS)
    run.log_model(model, name="baseline", aliases=("20261120T101112Z",))
    run.finish(succeeded=True)


def test_takes_a_failed_run_and_then_another(tracker: Tracker) -> None:
    """A run that failed without a metric ends, and the next one of the same name starts."""
    tracker.start("same", {}).finish(succeeded=False)
    tracker.start("same", {}).finish(succeeded=True)


def test_takes_a_pruned_run(tracker: Tracker) -> None:
    """A trial that its sweep ended early is marked as that, and ends."""
    run = tracker.start("trial", {"sweep": {"name": "wide", "trial": 3}})
    run.log({"loss": 1.0}, step=1)
    run.mark_pruned()
    run.finish(succeeded=True)


def test_takes_two_runs_at_once(tracker: Tracker) -> None:
    """Two runs that overlap are two runs."""
    one, other = tracker.start("one", {"seed": 1}), tracker.start("other", {"seed": 2})
    one.log({"loss": 1.0}, step=1)
    other.log({"loss": 2.0}, step=1)
    other.finish(succeeded=True)
    one.finish(succeeded=True)


@pytest.mark.parametrize("name", ["a/b: c?", "..", "x" * 300, "Füße ☃", ""])
def test_takes_any_name(tracker: Tracker, name: str) -> None:
    """A run may be called anything: slashes, dots, emptiness and other scripts are no way out of a folder."""
    run = tracker.start(name, {"a/b @ c?": "x" * 9000, "": 1})
    run.log({"a @ b?": 1.0}, step=1)
    run.finish(succeeded=True)


@pytest.mark.parametrize("name", WRITING)
def test_writes_no_secret_and_nothing_of_the_machine(
    request: pytest.FixtureRequest,
    name: str,
    tmp_path: Path,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A secret in the environment, an option or an address is in no file and no output; nor is the machine's name."""
    monkeypatch.setenv("SOME_API_TOKEN", SECRET)
    # Names that nothing else writes; a record of the machine would hold them.
    monkeypatch.setattr(socket, "gethostname", lambda: "machine-of-mine")
    monkeypatch.setattr(getpass, "getuser", lambda: "user-of-mine")
    for variable in ("HOSTNAME", "USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(variable, f"{variable.lower()}-of-mine")
    described = DescribingTracker(
        made(request, name, tmp_path),
        environment=lambda: {"python": "3.11", "leak": SECRET},
        redactor=Redactor.of_environment(os.environ),
    )
    run = described.start("nightly", {"hub_token": "hush-hush", "data": f"https://me:{SECRET}@host/x", "note": SECRET})
    run.log({"loss": 1.0}, step=1)
    run.log_table("examples", TABLE)
    run.log_model(model, name="baseline")
    run.finish(succeeded=True)
    if name.startswith("wandb"):
        import wandb

        wandb.teardown()  # the library's own process writes the file, and may be behind
    written = {path: path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file()}
    assert any(b"nightly" in content for content in written.values())
    said = "".join(capfd.readouterr()).encode()
    for planted in (SECRET, "hush-hush", "-of-mine"):
        assert not [path for path, content in {**written, Path("output"): said}.items() if planted.encode() in content]
        assert not [path for path in written if planted in str(path.relative_to(tmp_path / "runs"))]
