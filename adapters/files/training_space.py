"""The sentence for a training whose papers find no space on the disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import ArxivClassifierError


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Raises ArxivClassifierError, with the folder and a remedy, if a training's papers cannot be written there."""
    try:
        yield
    except OSError as error:
        raise ArxivClassifierError(
            f"The training papers cannot be written to {folder}: {error.strerror or error}. "
            "Free space there, or name another folder with --output."
        ) from error
