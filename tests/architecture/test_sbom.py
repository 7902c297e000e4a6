"""The images' own list of what they hold."""

import runpy
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "docker" / "sbom.py"))


def packages() -> dict[str, dict[str, Any]]:
    """The components of this environment by name."""
    folder = next(Path(path) for path in sys.path if Path(path).name == "site-packages")
    return {each["name"]: each for each in SCRIPT["python_packages"](folder)}


def test_lists_each_package_with_its_address() -> None:
    """A package is listed with its version, the package URL of that version, and its licence where it says one."""
    numpy = packages()["numpy"]
    assert numpy["purl"] == f"pkg:pypi/numpy@{metadata.version('numpy')}" == numpy["bom-ref"]
    assert "BSD-3-Clause" in numpy["licenses"][0]["expression"]


def test_is_sorted_and_has_no_time() -> None:
    """Equal contents give equal documents, in whichever order they were found."""
    found = list(packages().values())
    document = SCRIPT["document"]("api", found)
    assert document == SCRIPT["document"]("api", found[::-1])
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert "timestamp" not in document["metadata"]
