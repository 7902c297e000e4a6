"""Imports at the start of the program. Libraries that take seconds and that no prediction needs are absent."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from tests.architecture.sources import PACKAGES
from tests.bundles import write_bundle
from tests.checkpoints import write_checkpoint
from tests.examples import small_card

HEAVY = frozenset(
    {
        *("datasets", "django", "gradio", "keras", "matplotlib", "mlflow", "nltk", "onnx", "optuna", "sklearn"),
        *("structlog", "tensorboard", "tensorflow", "torch", "transformers", "wandb"),
    }
)
_RUN = """
import json, sys
from entrypoints.cli.main import main
sys.argv = ["arxiv-classifier", *sys.argv[1:]]
code = None
try:
    code = main()
except SystemExit as end:
    code = end.code
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def start(arguments: Sequence[str]) -> tuple[str, set[str]]:
    """Returns a command's output in a process of its own, started from /, and the packages that it loaded."""
    command = [sys.executable, "-c", _RUN, *arguments]
    run = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, run.stderr
    code, packages = json.loads(run.stderr.splitlines()[-1])
    assert not code, run.stderr
    return run.stdout, set(packages)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        *([command, "--help"] for command in ("predict", "train", "sweep", "evaluate", "index", "similar", "data")),
        ["variants", "report", "--help"],
        ["feedback", "export", "--help"],
    ],
    ids=" ".join,
)
def test_help_is_light(arguments: list[str]) -> None:
    """Help loads no library that only training, serving or tracking needs, and neither numpy nor the container."""
    output, packages = start(arguments)
    assert "Usage:" in output
    assert packages & (HEAVY | {"numpy", "pyarrow", "dependency_injector"}) == set()
    assert "click" in packages  # the list of packages is not empty for another reason


def test_predicting_is_light() -> None:
    """A prediction with the shipped model loads no training, tracking or web library."""
    arguments = ["predict", "--text", "We train a convolutional network to segment images.", "--format", "jsonl"]
    output, packages = start(arguments)
    assert json.loads(output)["predictions"]
    assert packages & HEAVY == set()
    assert "numpy" in packages


@pytest.fixture(scope="module")
def transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny transformer's bundle, as a training stores it."""
    folder = tmp_path_factory.mktemp("transformer")
    checkpoint = write_checkpoint(folder / "checkpoint")

    def write_weights(place: Path) -> None:
        write_bundle(place, checkpoint)

    return FilesystemModelStore(folder / "models").save(small_card("minilm"), write_weights).folder


def test_predicting_with_a_transformer_is_light(transformer: Path) -> None:
    """A transformer is served by tokenizers and ONNX Runtime, without what trained it or wrote its graph."""
    arguments = ["predict", "--text", "Stars in a galaxy.", "--format", "jsonl", "--model", str(transformer)]
    output, packages = start(arguments)
    assert "predictions" in json.loads(output)
    assert packages & (HEAVY | {"huggingface_hub"}) == set()
    assert {"onnxruntime", "tokenizers"} <= packages


@pytest.mark.parametrize("package", PACKAGES)
def test_names_mean_this_project(project: Path, package: str) -> None:
    """Each of the four packages is this project's, wherever the interpreter is started."""
    code = f"import {package}; print({package}.__file__)"
    run = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True, timeout=60, check=True)
    assert Path(run.stdout.strip()) == project / package / "__init__.py"
