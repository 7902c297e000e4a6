"""Where the files that come with the program are: inside the wheel, or at the root of a checkout."""

from collections.abc import Iterator
from pathlib import Path

_BUNDLED = Path(__file__).parent / "_bundled"
_CHECKOUT = Path(__file__).parent.parent


def configs() -> Path:
    """The folder with base.yaml, one YAML per kind, and the category files."""
    return _root() / "configs"


def bundled_models() -> tuple[Path, ...]:
    """The folders of the models that are shipped, each named for its kind."""
    # Either file tells a bundle, so that one which lost a file is found, and its damage named.
    found = (path.parent for name in ("manifest.json", "thresholds.json") for path in _shipped_files(name))
    return tuple(sorted(set(found)))


def checkout() -> Path | None:
    """The root of the checkout that this program runs from; None where it was installed from a wheel."""
    return None if _BUNDLED.is_dir() or not (_CHECKOUT / "pyproject.toml").is_file() else _CHECKOUT


def _shipped_files(name: str) -> Iterator[Path]:
    return (_root() / "artifacts").glob(f"*/{name}")


def _root() -> Path:
    return _BUNDLED if _BUNDLED.is_dir() else _CHECKOUT
