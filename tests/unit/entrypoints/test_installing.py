"""The command in the error about a missing package works in the environment of the reader."""

import shlex
import sys
from importlib import metadata
from pathlib import Path

import pytest

from entrypoints import installing, resources
from entrypoints.installing import how_to_install

REQUIRES = [
    "numpy>=2",
    "pip; extra == 'serve'",
    "absent-web<6,>=5.2; extra == 'serve'",
    "absent-driver[binary]>=3; extra == 'serve'",
    "absent-elsewhere>=1; (sys_platform == 'nowhere') and extra == 'serve'",
    "absent-other>=1; extra == 'demo'",
]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that was installed from a wheel whose extras are those of REQUIRES; of them pip alone is there."""
    monkeypatch.setattr(resources, "checkout", lambda: None)
    monkeypatch.setattr(metadata, "requires", lambda name: REQUIRES)

    def version(name: str) -> str:
        if name.startswith("absent"):
            raise metadata.PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(metadata, "version", version)


def _command(sentence: str) -> list[str]:
    return shlex.split(sentence.removeprefix("Run: "))


def test_in_a_clone_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the environment of a clone, the sentence has the command of uv and that of pip, and where to run them."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.setattr(resources, "checkout", lambda: tmp_path)
    said = how_to_install("serve")
    assert f"`uv sync --inexact --extra serve` in {tmp_path}" in said
    assert "`pip install -e '.[serve]'`" in said


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("pip", [True, False])
def test_an_installed_program_is_given_the_packages(monkeypatch: pytest.MonkeyPatch, pip: bool) -> None:
    """Without a clone, the missing packages of the extra go into this very environment, by pip or else by uv."""
    monkeypatch.setattr(installing, "find_spec", lambda name: pip or None)
    installer = (
        [sys.executable, "-m", "pip", "install"] if pip else ["uv", "pip", "install", "--python", sys.executable]
    )
    wanted = ["absent-driver[binary]>=3", "absent-web<6,>=5.2"]
    assert _command(how_to_install("serve")) == [*installer, *wanted]
    assert _command(how_to_install(None, "zstandard")) == [*installer, "zstandard"]


@pytest.mark.usefixtures("installed")
def test_a_clone_that_is_used_from_elsewhere_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the environment is not the clone's own, syncing the clone would not help it."""
    monkeypatch.setattr(resources, "checkout", lambda: tmp_path)
    assert "absent-web" in how_to_install("serve")


def test_every_extra_of_this_project_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real metadata are read: whatever is missing of an extra is a requirement that pip takes."""
    from packaging.requirements import Requirement

    from entrypoints.registry import EXTRAS

    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(resources, "checkout", lambda: None)
    monkeypatch.setattr(metadata, "version", absent)
    for extra in set(EXTRAS.values()):
        words = _command(how_to_install(extra))
        wanted = words[words.index("install") + 1 :]
        assert [Requirement(word).name for word in wanted if word not in ("--python", sys.executable)]
        assert "arxiv-classifier" not in " ".join(wanted[2:])
