"""The Dockerfile and what is sent to its build."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from scripts.image_requirements import EXTRAS

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text("utf-8")
TARGETS = sorted(EXTRAS)


def stage(name: str) -> str:
    """The lines of a stage."""
    found = re.search(rf"^FROM \S+ AS {name}$(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[1]


@pytest.mark.parametrize("target", TARGETS)
def test_each_target_runs_as_a_user_with_a_health_check(target: str) -> None:
    """Each image names a user that is not root, says how its health is asked for, and holds its SBOM."""
    said = stage(target)
    assert re.search(r"^USER 10001:10001$", said, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", said, re.MULTILINE) and "sbom.py" in said


def test_everything_that_is_installed_is_held_to_its_hash() -> None:
    """pip installs from files with hashes, or the wheel that was built. No host of an index is named."""
    script = (ROOT / "docker" / "install.sh").read_text("utf-8")
    lines = [line for line in (DOCKERFILE + script).splitlines() if re.search(r"pip\b.* install |^install --", line)]
    held = [
        line for line in lines if "--require-hashes" in line or "--no-index" in line or line.startswith("install()")
    ]
    assert lines and held == lines
    assert "http" not in DOCKERFILE + script


def test_the_build_is_sent_what_the_wheel_holds() -> None:
    """Each folder and file that pyproject.toml packs into the wheel is sent to the build, which would leave it out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packed = {*project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"], project["project"]["readme"]}
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert packed | set(project["project"]["license-files"]) <= sent


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("opt/site-packages/tensorflow/include/tensorflow/cc/ops.h", ""),
        ("opt/bin/pip", "holds build tools"),
        ("usr/bin/gcc", "holds build tools"),
        ("opt/site-packages/pip/__init__.py", "holds pip"),
    ],
)
def test_the_check_of_images_finds_build_tools(path: str, fault: str, tmp_path: Path) -> None:
    """A program that builds or installs fails the check of an image. A folder of headers with such a name is none."""
    file = tmp_path / "root" / path
    for folder in (file.parent, tmp_path / "root/usr/bin", tmp_path / "root/opt"):
        folder.mkdir(parents=True, exist_ok=True)
    file.touch()
    command = f"source scripts/check_images.sh; root={tmp_path}/root; check_tools train"
    environment = {**os.environ, "IMAGES_FOLDER": str(tmp_path)}
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode == 0, fault in done.stderr) == (not fault, True), done.stderr


def test_versions_beside_the_shipped_models_stay_out() -> None:
    """The build is sent the files of shipped models, and neither versions trained here nor secrets."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {"*", "!artifacts", "artifacts/*/[0-9]*", "docker/.env"} <= set(ignored)
    # Docker strips a slash at the end, so that `artifacts/*/*/` would leave out the models' own files as well.
    assert [line for line in ignored if line.endswith("/")] == []
