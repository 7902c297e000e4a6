"""Changes a registry's files, one process at a time, and translates errors of the system."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import ConfigurationError

_LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Locks a folder for one process or thread. The kernel releases the lock if the process is killed."""
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
    """Translates errors of the system to a ConfigurationError with what failed and where."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"{what} in {folder}: {error.strerror or error}. "
            "Free space there, or set ARXIV_CLASSIFIER_REGISTRY_OPTIONS__FOLDER to another folder."
        ) from error
