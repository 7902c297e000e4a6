"""`arxiv-classifier train` with trackers: several at once, without secrets, and with failing ones."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.examples import json_lines, small_papers

SECRET = "s3cr3t-0123456789"


@pytest.fixture
def train(tmp_path: Path, environment: dict[str, str], command: Sequence[str]) -> "Train":
    """Trains a small model in a process of its own."""
    (tmp_path / "papers.jsonl").write_text(json_lines(small_papers(200)))
    (tmp_path / "small.yaml").write_text("categories: [cs.LG, hep-th, math-ph, math.MP, cs.CV]\nmodel: {epochs: 2}\n")
    (tmp_path / "home").mkdir()
    ours = {name: value for name, value in environment.items() if not name.startswith(("WANDB_", "MLFLOW_"))}
    return Train(tmp_path, [*command], {**ours, "HOME": str(tmp_path / "home")})


class Train:
    """Runs `train` on the small papers."""

    def __init__(self, folder: Path, command: list[str], environment: dict[str, str]) -> None:
        self.folder = folder
        self._command = command
        self._environment = environment

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Returns the finished command. Models go to `models`."""
        fixed = ["train", "--model-type", "fake", "--split-by", "hash", "--run-name", "nightly", "--json"]
        places = ["--dataset", "papers.jsonl", "--config", "small.yaml", "--output", "models"]
        return subprocess.run(
            [*self._command, *fixed, *places, *arguments],
            cwd=self.folder,
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            timeout=110,
        )

    def files(self) -> dict[str, bytes]:
        """Returns the content of each file that trackers wrote, by its path."""
        runs = self.folder / "models" / "runs"
        return {str(path.relative_to(runs)): path.read_bytes() for path in runs.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_several_trackers_record_one_training_without_a_secret(train: Train) -> None:
    """W&B offline, MLflow and TensorBoard all hold the run, and a planted secret is in no file and no line."""
    done = train(
        "--tracker",
        "wandb,mlflow",
        "--tracker",
        "tensorboard",
        "--run-name",
        f"nightly-{SECRET}",
        WANDB_BASE_URL=f"http://me:{SECRET}@127.0.0.1:9",
        SOME_API_KEY=SECRET,
        ARXIV_CLASSIFIER_TRACKING__WANDB__MODE="offline",
        ARXIV_CLASSIFIER_TRACKING__WANDB__ALIASES='["best"]',
    )
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
    assert Path(train.folder, json.loads(done.stdout)["folder"], "weights.json").is_file()
    files = train.files()
    for kind in ("wandb/", "mlflow.db", "mlflow-artifacts/", "tensorboard/nightly"):
        assert [path for path in files if path.startswith(kind)], sorted(files)
    assert any(b"validation_score" in content for path, content in files.items() if "tfevents" in path)
    assert SECRET not in done.stdout + done.stderr
    assert [path for path, content in files.items() if SECRET.encode() in content or SECRET in path] == []


@pytest.mark.slow
def test_a_server_that_is_down_costs_one_tracker_and_no_model(train: Train) -> None:
    """If MLflow's server is unreachable, the model is saved, TensorBoard has the run, and two lines name MLflow."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"http://me:{SECRET}@127.0.0.1:{reserved.getsockname()[1]}"
        done = train("--tracker", "mlflow,tensorboard", MLFLOW_TRACKING_URI=address)
    assert done.returncode == 0, done.stderr
    assert (Path(train.folder, json.loads(done.stdout)["folder"]) / "weights.json").is_file()
    lines = [line for line in done.stderr.splitlines() if "ERROR" in line.upper()]
    assert len(lines) == 2 and "Tracker mlflow recorded nothing of the run nightly." in lines[1]
    assert SECRET not in done.stderr and "Traceback" not in done.stderr
    assert [path for path in train.files() if path.startswith("tensorboard/")]


@pytest.fixture
def tiny_disk(train: Train) -> Iterator[Path]:
    """A file system of 200 kB for the trackers' files."""
    folder = train.folder / "models" / "runs"
    folder.mkdir(parents=True)
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)], capture_output=True)
    if mount.returncode:
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_costs_trackers_and_no_model(train: Train, tiny_disk: Path) -> None:
    """If the trackers' disk is full, the model is saved elsewhere, and each tracker's loss is a line."""
    done = train("--tracker", "wandb,mlflow,tensorboard")
    assert done.returncode == 0, done.stderr
    assert (Path(train.folder, json.loads(done.stdout)["folder"]) / "weights.json").is_file()
    assert os.statvfs(tiny_disk).f_bavail == 0
    assert "Tracker mlflow recorded nothing of the run nightly." in done.stderr
    assert "Tracker tensorboard lost of the run nightly: the chart" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_is_told_before_the_training(train: Train) -> None:
    """An option that belongs to none of several trackers ends the command with one sentence before the training."""
    done = train("--tracker", "mlflow,tensorboard", ARXIV_CLASSIFIER_TRACKING__FOLDER="x")
    assert done.returncode == 2
    assert "has the option 'folder', and does not say whose" in done.stderr
    assert "epoch" not in done.stderr
