"""The workflows of continuous integration and of a release: what they run, what they may do, and what they publish."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))


def workflow(path: Path) -> dict[str, Any]:
    """A workflow. YAML reads its key `on` as true."""
    found: dict[str | bool, Any] = yaml.safe_load(path.read_text("utf-8"))
    return {"on" if key is True else str(key): value for key, value in found.items()}


RELEASE = workflow(FOLDER / "release.yml")
JOBS: dict[str, dict[str, Any]] = RELEASE["jobs"]


def commands(job: str) -> str:
    """All that a job's steps run."""
    return "\n".join(step.get("run", "") for step in JOBS[job]["steps"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_workflows_may_do_little(path: Path) -> None:
    """By default a workflow may only read. Each job has an end, and each action a version."""
    found = workflow(path)
    assert found["permissions"] == {"contents": "read"}
    for job in found["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 90
        used = [step["uses"] for step in job["steps"] if "uses" in step]
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", each) for each in used), used


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_scripts_take_no_text_from_events(path: Path) -> None:
    """A script takes GitHub's text from variables, because text pasted into it could be a command."""
    for job in workflow(path)["jobs"].values():
        assert [step["run"] for step in job["steps"] if "${{" in step.get("run", "")] == []


def test_a_release_is_checked_first() -> None:
    """A version tag starts it. Nothing is built before the tag's version and `.ci/run` are checked."""
    assert RELEASE["on"] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}
    assert ".ci/run" in commands("check")
    assert JOBS["distributions"]["needs"] == JOBS["images"]["needs"] == "check"
    assert JOBS["publish"]["needs"] == ["distributions", "images"]


@pytest.mark.parametrize(("tag", "code"), [("v{version}", 0), ("v{version}.1", 1), ("v9{version}", 1)])
def test_the_tag_is_the_version(tag: str, code: int) -> None:
    """A tag of another version than pyproject.toml's ends the release."""
    (step,) = (step for step in JOBS["check"]["steps"] if step.get("name") == "Compare the tag with the version")
    version = re.search(r'^version = "(.+)"$', (PROJECT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert version is not None
    name = tag.format(version=version[1])
    done = subprocess.run(
        ["bash", "-c", step["run"]], cwd=PROJECT, env={"PATH": "/usr/bin:/bin", "GITHUB_REF_NAME": name}
    )
    assert done.returncode == code


def test_every_image_is_built_signed_and_described() -> None:
    """The images are the Dockerfile's. Each is signed, and its list of contents goes to it and to the release."""
    stages = re.findall(
        r"^FROM runtime AS (\w+)$", (PROJECT / "docker" / "Dockerfile").read_text("utf-8"), re.MULTILINE
    )
    assert set(JOBS["images"]["strategy"]["matrix"]["target"]) <= set(stages)
    assert {"api", "demo", "train"} <= set(JOBS["images"]["strategy"]["matrix"]["target"])
    run = commands("images")
    assert '--target "$TARGET"' in run and "/usr/share/arxiv-classifier/sbom.cdx.json" in run
    for part in ('cosign sign --yes "$digest"', "cosign attest --yes --type cyclonedx"):
        assert run.index("docker push") < run.index(part)
    assert JOBS["images"]["permissions"] == {"contents": "read", "id-token": "write", "packages": "write"}


def test_wheel_and_source_are_signed_and_published() -> None:
    """They are built, checked and signed before they are handed on, and the release has every file."""
    run = commands("distributions")
    order = [run.index(part) for part in ("uv build", "twine check --strict", "sigstore sign dist/*.whl dist/*.tar.gz")]
    assert order == sorted(order)
    assert JOBS["distributions"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert JOBS["publish"]["permissions"] == {"contents": "write"}
    assert "release/*" in commands("publish") and "--verify-tag" in commands("publish")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_scripts_are_scripts(path: Path) -> None:
    """Bash parses each script."""
    for job in workflow(path)["jobs"].values():
        for step in job["steps"]:
            done = subprocess.run(["bash", "-n"], input=step.get("run", ""), capture_output=True, text=True)
            assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="needs actionlint on the path")
def test_actionlint_finds_nothing() -> None:
    """actionlint accepts the workflows."""
    done = subprocess.run(["actionlint", *map(str, FILES)], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
