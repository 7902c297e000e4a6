"""Imports Keras with its backend when training or export needs it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from adapters.classifiers.learning.memory import keep_freed_memory
from domain.errors import ConfigurationError, MissingPackageError


def require_keras(what: str) -> None:
    """Imports Keras with its backend. Raises ConfigurationError if it is missing or unusable.

    `what` names the model to train, for the message.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if backend := default_backend():
        os.environ.setdefault("KERAS_BACKEND", backend)
    keep_freed_memory()
    try:
        with _without_native_stderr():
            import keras  # noqa: F401  # fails here if missing, before hours of work
    except ValueError as error:
        raise ConfigurationError(
            f"KERAS_BACKEND is {os.environ.get('KERAS_BACKEND')!r}, which Keras cannot use ({error}). "
            "Set it to tensorflow, jax or torch."
        ) from error
    except ImportError as error:
        told = f"Training {what} needs Keras and TensorFlow or torch, which are not installed."
        raise MissingPackageError(told, extra="train") from error


def default_backend() -> str | None:
    """Returns "torch" if it is the only backend that is installed, else None, which leaves the choice to Keras."""
    installed = [name for name in ("tensorflow", "jax", "torch") if find_spec(name) is not None]
    return "torch" if installed == ["torch"] else None


@contextmanager
def _without_native_stderr() -> Iterator[None]:
    """Discards file descriptor 2 meanwhile, so that start-up notes of TensorFlow do not hide the progress."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
