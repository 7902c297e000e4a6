"""Where the files that come with the program are: inside the wheel, or at the root of a checkout."""

from pathlib import Path

_BUNDLED = Path(__file__).parent / "_bundled"
_CHECKOUT = Path(__file__).parent.parent


def configs() -> Path:
    """The folder with base.yaml, one YAML per kind, and the category files."""
    return _root() / "configs"


def bundled_model() -> Path | None:
    """The folder of the default model that is shipped, or None where it is not there."""
    folder = _root() / "artifacts" / "baseline"
    return folder if folder.is_dir() else None


def _root() -> Path:
    return _BUNDLED if _BUNDLED.is_dir() else _CHECKOUT
