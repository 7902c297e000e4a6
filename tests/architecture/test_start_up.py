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
codes = []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["arxiv-classifier", *arguments]
    try:
        codes.append(main())
    except SystemExit as end:
        codes.append(end.code)
print(json.dumps([codes, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def start(*commands: Sequence[str]) -> tuple[str, set[str]]:
    """Returns the output of commands in one process of their own, started from /, and the packages that it loaded."""
    command = [sys.executable, "-c", _RUN, json.dumps(commands)]
    run = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, run.stderr
    codes, packages = json.loads(run.stderr.splitlines()[-1])
    assert len(codes) == len(commands) and not any(codes), run.stderr
    return run.stdout, set(packages)


def test_help_is_light() -> None:
    """Help loads no library that only training, serving or tracking needs, and neither numpy nor the container."""
    names = ("predict", "train", "sweep", "evaluate", "index", "similar", "data", "variants report", "feedback export")
    output, packages = start(["--help"], *([*name.split(), "--help"] for name in names))
    assert output.count("Usage:") == 1 + len(names)
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


def test_names_mean_this_project(project: Path) -> None:
    """Each of the four packages is this project's, wherever the interpreter is started."""
    code = f"import {', '.join(PACKAGES)}; print(*({', '.join(PACKAGES)},), sep='\\n')"
    run = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True, timeout=60, check=True)
    found = [Path(line.split("'")[3]) for line in run.stdout.splitlines()]
    assert found == [project / package / "__init__.py" for package in PACKAGES]
