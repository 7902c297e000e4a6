"""The exit code of each error."""

import contextlib
import os
import sys
import traceback

import click

from domain.errors import (
    ArxivClassifierError,
    ConfigurationError,
    CorruptModelError,
    DatasetUnavailableError,
    ExpiredTokenError,
    IncompatibleModelError,
    InvalidInputError,
    MissingPackageError,
    ModelNotFoundError,
    RegistryUnavailableError,
    StorageUnavailableError,
    SweepStorageError,
)
from entrypoints.registry import missing_package

EXIT_CODES: dict[type[ArxivClassifierError], int] = {
    ArxivClassifierError: 1,
    InvalidInputError: 2,
    ConfigurationError: 2,
    ModelNotFoundError: 3,
    IncompatibleModelError: 3,
    CorruptModelError: 3,
    DatasetUnavailableError: 4,
    ExpiredTokenError: 4,
    SweepStorageError: 4,
    RegistryUnavailableError: 4,
    StorageUnavailableError: 4,
}
# A shell reports these codes for a process that SIGINT or SIGPIPE ended.
INTERRUPTED = 130
READER_GONE = 141


class ReaderGoneError(Exception):
    """The reader of stdout closed it, as `head` does. It is no OSError, because click would handle that itself."""


def report(error: Exception, *, debug: bool) -> int:
    """Writes the error to stderr, in one sentence or with its traceback if `debug`, and returns the exit code."""
    if isinstance(error, ReaderGoneError | BrokenPipeError):
        return READER_GONE
    if isinstance(error, click.ClickException):
        if sys.stderr is not None:  # click would write to stdout in its place
            with contextlib.suppress(OSError, ValueError):
                error.show(sys.stderr)
        return error.exit_code
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return _tell("Interrupted.", error, INTERRUPTED)
    trace = "".join(traceback.format_exception(error)) if debug else ""
    known = missing_package(error) if isinstance(error, ModuleNotFoundError | MissingPackageError) else error
    if isinstance(known, ArxivClassifierError):
        code = next(EXIT_CODES[cls] for cls in type(known).__mro__ if cls in EXIT_CODES)
        return _tell(f"Error: {known}", known, code, trace)
    return _tell(f"Error: {_unforeseen(error)}", error, EXIT_CODES[ArxivClassifierError], trace)


def _tell(sentence: str, error: Exception, code: int, trace: str = "") -> int:
    # `--help` reports no error, and these imports would take 0.01 s.
    import logging

    from entrypoints.cli.messages import say
    from entrypoints.log_secrets import Mask
    from entrypoints.standard_error import write_line

    told = Mask(os.environ).text(trace + sentence)  # an address that cannot be reached may contain a password
    say(
        sentence,
        event="command_failed",
        level=logging.ERROR,
        exception=error if trace else None,
        plainly=lambda _: write_line(told),
        error=type(error).__name__,
        exit_code=code,
    )
    return code


def _unforeseen(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "There is not enough memory. Close other programs, or use a smaller batch size."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'The system refused'}: {error.strerror}."
    sentence = " ".join(f"{type(error).__name__}: {error}".split())
    return f"Something unforeseen happened ({sentence}). Run with --debug to see where."
