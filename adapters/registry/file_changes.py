"""Changes of a registry's files: one at a time, and an error of the system in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import ConfigurationError

_LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one process or thread at a time is in this block for a folder; the kernel lets go when one is killed."""
    try:
        from adapters.files.locks import locked as locked_file
    except ImportError as error:
        raise ConfigurationError(
            "A registry in a folder needs POSIX file locks, which this system does not have. Use `registry: mlflow`."
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    with locked_file(folder / _LOCK):
        yield


@contextmanager
def told_of(what: str, folder: Path) -> Iterator[None]:
    """Turns an error of the system into a ConfigurationError that says what could not be done, and where."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"{what} in {folder}: {error.strerror or error}. "
            "Free space there, or set ARXIV_CLASSIFIER_REGISTRY_OPTIONS__FOLDER to another folder."
        ) from error
