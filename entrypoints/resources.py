"""The files that come with the program: inside the wheel, or at the root of a checkout."""

from collections.abc import Iterator
from pathlib import Path

_BUNDLED = Path(__file__).parent / "_bundled"
_CHECKOUT = Path(__file__).parent.parent


def configs() -> Path:
    """Returns the folder with base.yaml, one YAML per kind, and the category files."""
    return _root() / "configs"


def bundled_models() -> tuple[Path, ...]:
    """Returns the folders of the shipped models. Each folder's name is the model's name."""
    # Either file identifies a bundle, so that a bundle which lost the other is found and reported as damaged.
    found = (path.parent for name in ("manifest.json", "thresholds.json") for path in _shipped_files(name))
    return tuple(sorted(set(found)))


def checkout() -> Path | None:
    """Returns the root of the checkout that this program runs from; None if it was installed from a wheel."""
    return None if _BUNDLED.is_dir() or not (_CHECKOUT / "pyproject.toml").is_file() else _CHECKOUT


def _shipped_files(name: str) -> Iterator[Path]:
    return (_root() / "artifacts").glob(f"*/{name}")


def _root() -> Path:
    return _BUNDLED if _BUNDLED.is_dir() else _CHECKOUT
