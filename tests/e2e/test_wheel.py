"""The wheel, installed without anything else of this project."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import INTERFACE, PACKAGES
from tests.examples import small_papers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ABSTRACT = "We propose a convolutional network for image segmentation and train it on a large set of photographs."


def run(*command: str | Path, cwd: Path = Path("/")) -> str:
    """Returns the output of a command, in an environment without the developer's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PYTHON"))}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of an empty environment in which only the wheel was installed."""
    project = Path(__file__).parent.parent.parent
    folder = tmp_path_factory.mktemp("wheel")
    run("uv", "build", "--wheel", "--out-dir", folder, cwd=project)
    (wheel,) = folder.glob("*.whl")
    run("uv", "venv", "--python", sys.executable, folder / "venv")
    # From the project's folder, so that its rules on which releases are used hold here as well.
    run("uv", "pip", "install", "--python", folder / "venv", wheel, cwd=project)
    return folder / "venv" / ("Scripts" if os.name == "nt" else "bin")


def test_predicts_with_the_default_model(installed: Path) -> None:
    """The installed command predicts from / without configuration, and gives cs.CV for a text on images."""
    line = json.loads(run(installed / "arxiv-classifier", "predict", "--text", ABSTRACT, "--format", "jsonl"))
    assert line["predictions"][0]["label"] == "cs.CV"
    assert line["predictions"][0]["probability"] > 0.5


def test_predicts_from_python(installed: Path) -> None:
    """A program that imports the package has the shipped model, and its types are known."""
    code = f"import arxiv_classifier; print(arxiv_classifier.load().predict({ABSTRACT!r}).categories[0])"
    assert run(installed / "python", "-c", code).strip() == "cs.CV"


@pytest.mark.parametrize(
    "arguments", [("--help",), ("predict", "--help"), ("train", "--help"), ("models", "list")], ids=" ".join
)
def test_its_commands_start(installed: Path, arguments: tuple[str, ...]) -> None:
    """Help and the list of models need nothing but the wheel."""
    assert run(installed / "arxiv-classifier", *arguments).strip()


@pytest.mark.parametrize("package", [INTERFACE, *PACKAGES])
def test_names_mean_this_project(installed: Path, package: str) -> None:
    """Each of the packages is the wheel's own, and no other distribution brought one of that name."""
    code = (
        f"import {package}; from importlib.metadata import packages_distributions as owners;"
        f"print({package}.__file__, *owners()[{package!r}])"
    )
    file, *owners = run(installed / "python", "-c", code).split()
    assert set(owners) == {"arxiv-classifier"}
    assert Path(file).is_relative_to(installed.parent)


def test_a_missing_extra_is_named(installed: Path, tmp_path: Path) -> None:
    """Training without its extra ends in one sentence that says what to install."""
    with (tmp_path / "papers.jsonl").open("w", encoding="utf-8") as file:
        for paper in small_papers(200):
            categories = [str(category) for category in paper.categories]
            row = {"id": paper.abstract.id, "abstract": paper.abstract.text, "categories": categories}
            file.write(json.dumps(row) + "\n")
    command = [str(installed / "arxiv-classifier"), "train", "--dataset", "papers.jsonl", "--split-by", "hash"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert (
        f"--python {installed / 'python'} " in done.stderr or f"{installed / 'python'} -m pip install " in done.stderr
    )
    assert "'keras>=" in done.stderr and "'tensorflow" in done.stderr and "Traceback" not in done.stderr


def test_holds_code_and_data_only(installed: Path) -> None:
    """The wheel brings the shipped models and configuration, and neither tests nor other trained models."""
    (wheel,) = installed.parent.parent.glob("*.whl")
    names = run(sys.executable, "-m", "zipfile", "-l", wheel).splitlines()[1:]
    files = [name.split()[0] for name in names]
    assert {file.partition("/")[0] for file in files if "dist-info" not in file} == {INTERFACE, *PACKAGES}
    assert "arxiv_classifier/py.typed" in files
    shipped = {file.partition("_bundled/artifacts/")[2] for file in files if "_bundled/artifacts/" in file}
    assert "baseline/manifest.json" in shipped
    assert [file for file in shipped if file.count("/") != 1] == []  # trained versions lie in sub-folders
    assert [file for file in files if file.endswith("configs/categories.json")]
