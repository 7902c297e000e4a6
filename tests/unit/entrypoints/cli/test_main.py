"""The frame of the command line: commands, errors, exit codes."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import click
import pytest
from click.testing import CliRunner

from domain import errors as domain_errors
from domain.errors import ArxivClassifierError, InvalidInputError, MissingPackageError
from entrypoints.cli.errors import EXIT_CODES, ReaderGoneError, report
from entrypoints.cli.main import COMMANDS, cli, main

ROOT = Path(domain_errors.__file__).parents[1]
OF_THE_DESIGN = {
    "ArxivClassifierError": 1,
    "InvalidInputError": 2,
    "ConfigurationError": 2,
    "ModelNotFoundError": 3,
    "IncompatibleModelError": 3,
    "CorruptModelError": 3,
    "DatasetUnavailableError": 4,
    "ExpiredTokenError": 4,
    "SweepStorageError": 4,
    "RegistryUnavailableError": 4,
    "StorageUnavailableError": 4,
}


def test_every_error_of_the_domain_has_its_exit_code() -> None:
    """The table covers the error tree, with the codes that are documented."""
    tree = {name for name, cls in inspect.getmembers(domain_errors, inspect.isclass)}
    assert {cls.__name__: code for cls, code in EXIT_CODES.items()} == OF_THE_DESIGN
    # These have the codes of the errors that they are kinds of.
    assert tree == {*OF_THE_DESIGN, "InvalidFieldError", "MissingPackageError"}


@pytest.mark.parametrize("error_type", list(EXIT_CODES))
def test_an_error_is_one_sentence_and_its_code(
    error_type: type[ArxivClassifierError], capsys: pytest.CaptureFixture[str]
) -> None:
    """A user's mistake is a sentence on stderr without a traceback."""
    assert report(error_type("It went wrong."), debug=False) == EXIT_CODES[error_type]
    out, err = capsys.readouterr()
    assert (out, err) == ("", "Error: It went wrong.\n")


def test_an_error_of_a_later_class_has_the_code_of_its_parent() -> None:
    """A more special error exits as the documented one it descends from."""

    class BlankError(InvalidInputError):
        pass

    assert report(BlankError("It is blank."), debug=False) == 2


DROPPED = """
import os, signal, time, weakref
from entrypoints.cli.main import clean_up_when_terminated

class Network:
    pass

def kill(_):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.01)

clean_up_when_terminated()
network = Network()
reference = weakref.ref(network, kill)
del network
time.sleep(30)
"""
# A shell that runs tests in the background has them ignore Control-C.
HEEDED = "clean_up_when_terminated(); signal.signal(signal.SIGINT, signal.default_int_handler)"
CAUGHT = """
import contextlib, time
from entrypoints.cli.main import clean_up_when_terminated
from entrypoints.cli.sweeps.workers import end_with_parent

deadline = time.monotonic() + 30
with contextlib.suppress(BaseException):
    clean_up_when_terminated()
    end_with_parent(patience=0.5)
    time.sleep(5)
while time.monotonic() < deadline:
    with contextlib.suppress(BaseException):
        time.sleep(0.1)
"""


@pytest.mark.parametrize("code", [DROPPED, CAUGHT])
def test_a_process_that_is_terminated_ends(code: str) -> None:
    """If Python drops the exit, it comes again. If a library of a worker's catches it, the worker ends too."""
    # Its stdin is at its end at once, as that of a worker whose parent is gone.
    done = subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    assert (done.returncode, done.stderr) == (143, b"")


def test_a_control_c_that_python_drops_comes_again() -> None:
    """If it falls into a callback of the interpreter's, the process is interrupted all the same."""
    dropped = DROPPED.replace("SIGTERM", "SIGINT").replace("clean_up_when_terminated()\n", f"{HEEDED}\n")
    code = f"try:\n{indent(dropped, '    ')}\nexcept KeyboardInterrupt:\n    os._exit(130)"
    done = subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    assert (done.returncode, done.stderr) == (130, b"")


def test_debugging_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """With --debug the way to the error is shown before its sentence."""
    try:
        raise InvalidInputError("It went wrong.")
    except InvalidInputError as error:
        assert report(error, debug=True) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[-1] == "Error: It went wrong."


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyError("x"), 1, "Error: Something unforeseen happened (KeyError: 'x'). Run with --debug to see where.\n"),
        (PermissionError(13, "Permission denied", "/x"), 1, "Error: /x: Permission denied.\n"),
        (OSError(28, "No space left on device"), 1, "Error: The system refused: No space left on device.\n"),
        (MemoryError(), 1, "Error: There is not enough memory. Close other programs, or use a smaller batch size.\n"),
        (ReaderGoneError(), 141, ""),
        (click.Abort(), 130, "Interrupted.\n"),
        (
            ModuleNotFoundError("no", name="keras.src"),
            2,
            "Error: This needs the package keras, which is not installed. Run `uv sync --inexact --extra train` in "
            f"{ROOT}, or `pip install -e '.[train]'` there where the environment was made with pip.\n",
        ),
        (
            MissingPackageError("Training needs Keras.", extra="train"),
            2,
            "Error: Training needs Keras. Run `uv sync --inexact --extra train` in "
            f"{ROOT}, or `pip install -e '.[train]'` there where the environment was made with pip.\n",
        ),
    ],
)
def test_errors_that_are_not_ours(error: Exception, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An unforeseen error is one sentence. A closed stdout and an interruption have codes of their own."""
    assert report(error, debug=False) == code
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_command_says(name: str) -> None:
    """The summary in the table, which is shown without importing the command, is the command's own first line."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.get_short_help_str(200) == COMMANDS[name][1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`COMMAND --help` and `-h` say how it is used."""
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: arxiv-classifier {name} ")


def test_every_option_has_help() -> None:
    """No option is left without a word on what it does."""
    silent = [
        f"{name} {parameter.opts[0]}"
        for name in COMMANDS
        for parameter in _parameters(name)
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert silent == []


def _parameters(name: str) -> list[click.Parameter]:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    subcommands = command.commands.values() if isinstance(command, click.Group) else []
    return [*command.params, *(parameter for each in subcommands for parameter in each.params)]


@pytest.mark.parametrize(
    "arguments", [["nothing"], ["predict", "--nothing"], ["predict"], ["predict", "x", "--text", "y"]]
)
def test_a_wrong_call_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown command or option, and a call without input, say how it is used."""
    assert main(arguments) == 2
    assert "Usage: arxiv-classifier" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["predct"], "There is no command predct. Did you mean predict?"),
        (["Predict"], "There is no command Predict. Did you mean predict?"),
        (["models", "lst"], "There is no command lst. Did you mean list?"),
        (["predict", "--treshold", "1"], "There is no option --treshold. Did you mean --threshold?"),
        (["predict", "--treshold=1"], "There is no option --treshold. Did you mean --threshold?"),
        (["--versoin"], "There is no option --versoin. Did you mean --version?"),
        (["models", "lst", "--jsn"], "There is no command lst. Did you mean list?"),
        (["models", "--hlep"], "There is no option --hlep. Did you mean --help?"),
        (["report"], "There is no command report."),
        (["predict", "--limit", "5"], "There is no option --limit."),
        (["predict", "-x"], "There is no option -x."),
    ],
)
def test_a_misspelt_name_is_answered_with_the_one_meant(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown command or option names the known one that it misspells, and no other."""
    assert main(arguments) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"Error: {said}"


@pytest.mark.parametrize("flag", ["--max-characters", "--max_characters"])
def test_underscores_do_for_hyphens(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Both spellings of an option are the same option."""
    assert main(["predict", "--text", "abc", flag, "2"]) == 2
    assert "the limit is 2" in capsys.readouterr().err


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints the program's name and version."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("arxiv-classifier 1.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Each shell gets a script that asks this program for completions."""
    assert main(["completion", shell]) == 0
    assert "_ARXIV_CLASSIFIER_COMPLETE" in capfd.readouterr().out


def test_completion_completes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-written command is completed to those that there are."""
    environment = {
        "_ARXIV_CLASSIFIER_COMPLETE": "bash_complete",
        "COMP_WORDS": "arxiv-classifier tr",
        "COMP_CWORD": "1",
    }
    done = CliRunner().invoke(cli, prog_name="arxiv-classifier", env=environment)
    assert done.output == "plain,train\n"


@pytest.mark.parametrize("place", [["--debug", "predict", "--text", " "], ["predict", "--debug", "--text", " "]])
def test_debug_is_taken_before_and_after_the_command(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """--debug works wherever it is written."""
    assert main(place) == 2
    assert "Traceback" in capsys.readouterr().err


def test_debug_from_the_environment(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """DEBUG=1 does what --debug does."""
    monkeypatch.setenv("DEBUG", "1")
    assert main(["predict", "--text", " "]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_python_dash_m_passes_the_exit_code_on() -> None:
    """`python -m entrypoints` ends as the installed command does."""
    command = [sys.executable, "-m", "entrypoints", "predict", "--text", " "]
    done = subprocess.run(command, cwd=Path(__file__).parents[4], capture_output=True)
    assert done.returncode == 2
    assert b"blank" in done.stderr


@pytest.mark.parametrize("command", ["serve", "predict", "demo"])
def test_help_names_registered_models(command: str) -> None:
    """The help of --model says that a registered model may be named too."""
    module = importlib.import_module(f"entrypoints.cli.{command}")
    (option,) = [each for each in getattr(module, command).params if each.name == "model"]
    assert "registry:NAME@ALIAS" in option.help
