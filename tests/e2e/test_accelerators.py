"""Trainings with torch in the place of TensorFlow, on a processor and on the device that this machine has."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.checkpoints import write_checkpoint
from tests.examples import json_lines, small_papers
from tests.lazily import skip_without

skip_without("keras", "torch")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
TORCH = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": str(ROOT)}
ON_PROCESSOR = {**TORCH, "CUDA_VISIBLE_DEVICES": ""}
TEXT = "We propose a convolutional network for image segmentation of medical scans."
DEVICE = (
    "from adapters.classifiers.learning.keras_backend import require_keras; require_keras('it')\n"
    "from adapters.classifiers.transformer.devices import describe_device; print(describe_device())"
)


@cache
def device() -> str:
    """What Keras trains on here with torch, such as `torch on CUDA (NVIDIA H200)`."""
    done = subprocess.run([sys.executable, "-c", DEVICE], env=TORCH, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def needs_a_device() -> None:
    """Skips a test where torch finds neither a CUDA device nor Apple's."""
    if device() == "torch on CPU":
        pytest.skip(f"needs a CUDA device or Apple's: Keras trains with {device()} here")


def trained(folder: Path, kind: str, environment: dict[str, str]) -> tuple[Path, str]:
    """Trains a small model; its bundle and what the command said."""
    (folder / "papers.jsonl").write_text(json_lines(small_papers(200)), "utf-8")
    options: dict[str, object] = {"epochs": 2, "batch_size": 16}
    if kind == "minilm":
        options |= {"checkpoint": str(write_checkpoint(folder / "checkpoint")), "max_length": 64}
    else:
        options |= {"hidden": [16], "min_count": 1}
    config = {"kind": kind, "split_by": "hash", "seed": 5, "model": options}
    (folder / "config.yaml").write_text(json.dumps(config), "utf-8")
    named = ["--dataset", str(folder / "papers.jsonl"), "--config", str(folder / "config.yaml")]
    command = [sys.executable, "-m", "entrypoints", "train", "--json", *named, "--output", str(folder / "models")]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "models" / json.loads(done.stdout)["model"], done.stderr


def predicted(bundle: Path) -> list[dict[str, object]]:
    """What the stored bundle says of one abstract, without Keras."""
    command = [sys.executable, "-m", "entrypoints", "predict", "--model", str(bundle), "--text", TEXT, "--top-k", "3"]
    done = subprocess.run([*command, "--format", "jsonl"], env=TORCH, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)["predictions"]
    return found


def test_torch_trains_on_a_processor(tmp_path: Path) -> None:
    """With KERAS_BACKEND=torch a baseline is trained, stored and served."""
    bundle, _ = trained(tmp_path, "baseline", ON_PROCESSOR)
    assert len(predicted(bundle)) == 3


@pytest.mark.parametrize("kind", ["baseline", "minilm"])
def test_torch_trains_on_the_device(tmp_path: Path, kind: str) -> None:
    """On a CUDA device or Apple's a model is trained, stored, and served by the processor."""
    needs_a_device()
    bundle, said = trained(tmp_path, kind, TORCH)
    assert kind == "baseline" or device() in said
    assert len(predicted(bundle)) == 3


def test_torch_is_taken_where_it_is_alone(tmp_path: Path) -> None:
    """Without TensorFlow and JAX, Keras trains with torch, and KERAS_BACKEND need not be set."""
    hidden = "import sys; sys.modules['tensorflow'] = sys.modules['jax'] = None\n"
    environment = {name: value for name, value in ON_PROCESSOR.items() if name != "KERAS_BACKEND"}
    environment["KERAS_HOME"] = str(tmp_path)
    done = subprocess.run([sys.executable, "-c", hidden + DEVICE], env=environment, capture_output=True, text=True)
    assert done.stdout.startswith("torch on "), done.stderr
