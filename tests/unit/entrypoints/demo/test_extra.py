"""The imports of the page."""

import sys
from pathlib import Path

from entrypoints import demo
from tests.architecture.sources import PACKAGES, imported_packages

KNOWN = {"gradio", "typing_extensions", *PACKAGES}


def test_the_extra_is_enough() -> None:
    """The page needs what predicting needs, and gradio: no package of another extra."""
    folder = Path(demo.__path__[0])
    for path in folder.glob("*.py"):
        found = imported_packages(path.read_text("utf-8")) - KNOWN - set(sys.stdlib_module_names)
        assert found == set(), path.name
