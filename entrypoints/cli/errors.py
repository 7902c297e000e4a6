"""Which error ends a command with which exit code."""

import sys
import traceback

import click

from domain.errors import (
    ArxivClassifierError,
    ConfigurationError,
    CorruptModelError,
    DatasetUnavailableError,
    IncompatibleModelError,
    InvalidInputError,
    ModelNotFoundError,
    StorageUnavailableError,
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
    StorageUnavailableError: 4,
}
# What a shell reports of a process that SIGINT or SIGPIPE ended.
INTERRUPTED = 130
READER_GONE = 141


class ReaderGoneError(Exception):
    """Whoever read this command's output has left, as `head` does. Not an OSError, which click would answer itself."""


def report(error: Exception, *, debug: bool) -> int:
    """Says on stderr what went wrong, in one sentence unless `debug`, and gives the exit code."""
    if isinstance(error, ReaderGoneError | BrokenPipeError):
        return READER_GONE
    if isinstance(error, click.ClickException):
        error.show(sys.stderr)
        return error.exit_code
    if isinstance(error, click.Abort | KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    if debug:
        traceback.print_exception(error)
    known = missing_package(error) if isinstance(error, ModuleNotFoundError) else error
    if isinstance(known, ArxivClassifierError):
        click.echo(f"Error: {known}", err=True)
        return next(EXIT_CODES[cls] for cls in type(known).__mro__ if cls in EXIT_CODES)
    click.echo(f"Error: {_unforeseen(error)}", err=True)
    return EXIT_CODES[ArxivClassifierError]


def _unforeseen(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "There is not enough memory. Close other programs, or use a smaller batch size."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'The system refused'}: {error.strerror}."
    sentence = " ".join(f"{type(error).__name__}: {error}".split())
    return f"Something unforeseen happened ({sentence}). Run with --debug to see where."
