"""The locked requirements of the images hold what pyproject.toml asks for."""

import itertools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from scripts.image_requirements import BUILD, EXTRAS, FOLDER, ROOT, build_requirements, header

TARGETS = [*EXTRAS, BUILD]
_PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)( ; [^\\]+)? \\$")
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def asked(target: str) -> list[Requirement]:
    """Returns the requirements of pyproject.toml, with the extras of a target."""
    if target == BUILD:
        return [Requirement(each) for each in build_requirements()]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [each for extra in EXTRAS[target] for each in project["optional-dependencies"][extra]]
    return [Requirement(each) for each in (*project["dependencies"], *extras)]


def pins(target: str) -> dict[str, list[Version]]:
    """The locked versions of a target by package; one that differs by Python's version has several."""
    found: dict[str, list[Version]] = {}
    for match in filter(None, map(_PIN.match, lines(target))):
        found.setdefault(match[1], []).append(Version(match[2]))
    return found


def lines(target: str) -> list[str]:
    """The lines of a target's file."""
    return (FOLDER / f"{target}.txt").read_text("utf-8").splitlines()


def missing(target: str) -> Iterator[str]:
    """Returns the requirements that are not locked, or are locked at a version that does not fit."""
    locked = pins(target)
    for requirement in asked(target):
        versions = locked.get(canonicalize_name(requirement.name), [])
        if not versions or not all(requirement.specifier.contains(version) for version in versions):
            yield f"{requirement} is locked at {versions}"


@pytest.mark.parametrize("target", TARGETS)
def test_holds_what_is_asked_for(target: str) -> None:
    """Each dependency of an image is locked at a version that pyproject.toml allows."""
    assert list(missing(target)) == []


@pytest.mark.parametrize("target", TARGETS)
def test_each_pin_has_hashes_and_no_address(target: str) -> None:
    """A file holds pins with hashes below them, and nothing else: no address of an index, no option."""
    first, *_ = rest = [line for line in lines(target) if not line.startswith("#")]
    assert _PIN.match(first)
    assert [line for line in rest if not (_PIN.match(line) or _HASH.match(line))] == []
    assert all(_HASH.match(below) for line, below in itertools.pairwise(rest) if _PIN.match(line))


@pytest.mark.parametrize("target", TARGETS)
def test_was_locked_with_the_releases_of_the_project(target: str) -> None:
    """A file was made with the `exclude-newer` of pyproject.toml."""
    assert "\n".join(lines(target)).startswith(header().rstrip())


@pytest.mark.parametrize("target", ["api", "demo"])
def test_serving_takes_no_training_library(target: str) -> None:
    """The images of the API and of the page have neither TensorFlow nor Keras nor torch."""
    assert {name for name in pins(target) if name.startswith(("tensorflow", "keras", "torch"))} == set()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_locking_again_changes_nothing() -> None:
    """Resolving pyproject.toml once more gives the files as they are."""
    command = [sys.executable, "-m", "scripts.image_requirements", "--check"]
    done = subprocess.run(command, cwd=Path(ROOT), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
