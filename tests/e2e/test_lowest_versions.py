"""The lowest versions that pyproject.toml allows."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_TOOLS = ("hypothesis", "pytest", "pytest-timeout", "pytest-xdist", "zstandard")
# What calls most of each library within minutes: the contracts of adapters, the API, and the command line.
_SELECTION = (
    *(
        f"tests/contracts/test_{port}_contract.py"
        for port in ("dataset", "feedback_store", "harvest_store", "model_store", "paper_index", "prediction_log")
    ),
    "tests/contracts/test_sweeper_contract.py",
    "tests/unit/entrypoints/rest/http/test_admission.py",
    "tests/unit/entrypoints/rest/test_predict.py",
    "tests/unit/entrypoints/cli/test_output.py",
    "tests/e2e/test_cli_predict.py",
)


def run(project: Path, *command: str | Path) -> str:
    """Returns the output of a command in the project's folder, under the project's rules on releases."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PYTHON"))}
    done = subprocess.run([str(part) for part in command], cwd=project, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def test_contracts_api_and_commands_hold_with_the_lowest_versions(project: Path, tmp_path: Path) -> None:
    """In an environment of Python 3.11 with the lowest direct dependencies a quick part of the tests passes."""
    extras = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    # Of `cuda`, torch takes 5 GB. Its other packages are those of `train`.
    chosen = [part for extra in extras if extra not in ("all", "cuda") for part in ("--extra", extra)]
    wanted, python = tmp_path / "lowest.txt", tmp_path / "venv" / "bin" / "python"
    lowest = ("--resolution", "lowest-direct", "--python-version", "3.11")
    run(project, "uv", "pip", "compile", "pyproject.toml", *lowest, *chosen, "--output-file", wanted)
    run(project, "uv", "venv", "--python", "3.11", tmp_path / "venv")
    run(project, "uv", "pip", "install", "--python", python, "--requirements", wanted, *_TOOLS)
    run(project, "uv", "pip", "install", "--python", python, "--no-deps", "--editable", project)
    said = run(project, python, "-m", "pytest", "-n0", "-q", "-p", "no:anyio", "-p", "no:cacheprovider", *_SELECTION)
    assert " passed" in said
