"""The README's first command in a clone without an environment."""

import json
import os
import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PREDICT = ("uv", "run", "arxiv-classifier", "predict", "--text")
ABSTRACT = "We propose a convolutional network for image segmentation of medical scans."


@pytest.fixture(scope="module")
def first(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables that make uv create an empty environment for the checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PYTHON", "UV_"))}
    caches = {name: value for name, value in os.environ.items() if name in ("UV_CACHE_DIR", "UV_LINK_MODE")}
    return kept | caches | {"UV_PROJECT_ENVIRONMENT": str(tmp_path_factory.mktemp("first") / "venv")}


@pytest.mark.parametrize("model", ["baseline", "minilm", "ensemble"])
def test_every_shipped_model_predicts(first: dict[str, str], project: Path, model: str) -> None:
    """The packages that `uv run` installs by itself are enough for each of the three models."""
    command = [*PREDICT, ABSTRACT, "--model", model, "--format", "jsonl"]
    done = subprocess.run(command, cwd=project, env=first, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["predictions"][0]["label"] == "cs.CV"


def test_it_installs_what_the_readme_says(first: dict[str, str], project: Path) -> None:
    """The environment of a prediction has 36 packages and, with what Python compiled of them, at most 480 MB."""
    environment = Path(first["UV_PROJECT_ENVIRONMENT"])
    subprocess.run([*PREDICT, ABSTRACT], cwd=project, env=first, capture_output=True, check=True)
    packages = list(environment.rglob("*.dist-info"))
    # MiB, as du -m counts them and as the limit is meant.
    megabytes = sum(path.lstat().st_size for path in environment.rglob("*") if path.is_file()) / 2**20
    assert f"downloads {len(packages)} packages" in (project / "README.md").read_text("utf-8")
    assert megabytes <= 480
