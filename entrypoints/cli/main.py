"""The command line: `arxiv-classifier`."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, TextIO

import click

from entrypoints.cli.errors import report
from entrypoints.cli.group import Invocation, LazyGroup
from entrypoints.debug_variable import debug_is_on

NAME = "arxiv-classifier"
# -P keeps Python from importing a folder in the working directory that has the name of one of our packages.
PROGRAM = (sys.executable, "-P", "-m", "entrypoints")

_AGAIN_SECONDS = 0.05
_SIGNALS: dict[type, signal.Signals] = {SystemExit: signal.SIGTERM, KeyboardInterrupt: signal.SIGINT}

# Each command's module and its line in --help. Importing all of them would take too long for --help.
COMMANDS = {
    "predict": ("entrypoints.cli.predict:predict", "Predict categories of one abstract (--text) or of a file."),
    "advise": ("entrypoints.cli.advise:advise", "Advise on a paper's primary category and cross-lists."),
    "train": ("entrypoints.cli.train:train", "Train a model and save it."),
    "sweep": ("entrypoints.cli.sweeps.command:sweep", "Tune a model's options by many trainings."),
    "ensemble": ("entrypoints.cli.ensemble:ensemble", "Average stored models and save the ensemble."),
    "evaluate": ("entrypoints.cli.evaluate:evaluate", "Measure models on labelled papers."),
    "drift": ("entrypoints.cli.drift:drift", "Compare papers with earlier ones, and alert if they differ."),
    "index": ("entrypoints.cli.similar:index", "Index papers for `similar`."),
    "similar": ("entrypoints.cli.similar:similar", "Find the papers of an index that are most like a text."),
    "serve": ("entrypoints.cli.serve:serve", "Serve the REST API until stopped."),
    "demo": ("entrypoints.cli.demo:demo", "Serve the web page until stopped."),
    "mcp": ("entrypoints.cli.mcp:mcp", "Serve tools for language-model agents (MCP) until stopped."),
    "manage": (
        "entrypoints.cli.serve:manage",
        "Check the API's settings, migrate its database or run a test server.",
    ),
    "variants": ("entrypoints.cli.variants:variants", "Compare the variants of an experiment."),
    "feedback": ("entrypoints.cli.feedback:feedback", "Export feedback as a training set."),
    "data": ("entrypoints.cli.data:data", "Describe, audit, prepare and harvest data sets."),
    "models": (
        "entrypoints.cli.models:models",
        "List, show, use, calibrate, tune, verify, export, register and compare models.",
    ),
    "export": ("entrypoints.cli.export:export", "Write a web page that classifies in the visitor's browser."),
    "doctor": (
        "entrypoints.cli.doctor:doctor",
        "Look for what is wrong with the installation, this machine, settings and models.",
    ),
    "completion": ("entrypoints.cli.completion:completion", "Print the completion script of a shell."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
@click.version_option(package_name=NAME, prog_name=NAME, message="%(prog)s %(version)s")
def cli() -> None:
    """Calibrated arXiv category probabilities for a paper's title and abstract."""


def main(arguments: Sequence[str] | None = None, *, program: Sequence[str] = PROGRAM) -> int:
    """Runs one command and returns its exit code. docs/cli.md lists the codes.

    `program` starts this command line in another process, for commands that need several.
    """
    invocation = Invocation(
        debug=debug_is_on(), command=(*program, *(sys.argv[1:] if arguments is None else arguments))
    )
    clean_up_when_terminated()
    _occupy_stderr()
    try:
        code = cli.main(arguments, prog_name=NAME, obj=invocation, standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except Exception as error:  # the outermost edge: any error becomes one sentence and an exit code
        code = report(error, debug=invocation.debug)
        _drop_what_cannot_be_written(sys.stdout)
    _drop_what_cannot_be_written(sys.stderr)
    return code if isinstance(code, int) else 0


def clean_up_when_terminated() -> None:
    """Makes SIGTERM raise an exit, so that cleaning up runs. By default half-written files would stay."""

    def exit_(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, exit_)
        if sys.unraisablehook.__module__ != __name__:  # a process may run several commands
            sys.unraisablehook = _raised_again(sys.unraisablehook)


def _raised_again(tell: Callable[[Any], object]) -> Callable[[Any], None]:
    """Returns a hook that sends a signal again if its exception was raised within a callback of the interpreter.

    Python drops exceptions that are raised while an object or a weak reference dies, and the process would go on.
    """

    def hook(unraisable: Any) -> None:
        raised = type(unraisable.exc_value)
        if raised in _SIGNALS:
            # A thread sends it later. Sent from here, it would be raised within this hook and dropped as well.
            again = threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), _SIGNALS[raised]))
            again.daemon = True
            again.start()
        else:
            tell(unraisable)

    return hook


def _occupy_stderr() -> None:
    """Opens /dev/null as stderr if that is closed. Otherwise the next file to be opened would get its output."""
    try:
        os.fstat(2)
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        if null != 2:
            os.close(null)


def _drop_what_cannot_be_written(stream: TextIO | None) -> None:
    """Drops unwritten output, so that the interpreter does not fail again when it flushes at its end."""
    if stream is None:
        return
    try:
        stream.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
