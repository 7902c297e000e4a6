"""Forked commands are processes like those of a shell: their own folder, environment, files, exit code and signals."""

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests import fork_server
from tests.architecture.sources import PACKAGES
from tests.waiting import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork")


def test_a_command_has_its_environment_files_and_exit_code(tmp_path: Path) -> None:
    """Output and exit code are those of the command with the variables that were given."""
    shown = fork_server.run(["--version"], cwd=tmp_path, env={})
    assert (shown.returncode, shown.stdout.split()[0], shown.stderr) == (0, "arxiv-classifier", "")
    plain, debugged = (
        fork_server.run(["predict", "--text", " "], cwd=tmp_path, env=env) for env in ({}, {"DEBUG": "true"})
    )
    assert (plain.returncode, plain.stdout, plain.stderr.count("\n")) == (2, "", 1), plain.stderr
    assert (debugged.returncode, "Traceback" in debugged.stderr) == (2, True), debugged.stderr


def test_its_modules_are_there() -> None:
    """Each module of the project that it imports before it forks exists. A missing one is skipped like a library."""
    ours = [name for name in fork_server.LIBRARIES if name.startswith(PACKAGES)]
    assert [name for name in ours if find_spec(name) is None] == []
    assert len(ours) > 20


def test_it_is_ended_by_signals(tmp_path: Path) -> None:
    """Control-C ends the command as in a shell, and kill -9 gives a negative exit status."""
    os.mkfifo(tmp_path / "endless.jsonl")
    arguments = ["predict", "endless.jsonl", "--output", "out.jsonl"]
    for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
        process = fork_server.start(arguments, cwd=tmp_path, env={})
        with open(tmp_path / "endless.jsonl", "wb"):  # opened once the command reads
            assert process.poll() is None
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0)
            process.send_signal(number)
            assert process.wait(60) == code


def test_several_run_side_by_side(tmp_path: Path) -> None:
    """Commands that were started together end each with its own exit code, and leave no process."""
    processes = [fork_server.start([name], cwd=tmp_path, env={}) for name in ("--version", "predikt", "--version")]
    assert [process.wait(60) for process in processes] == [0, 2, 0]
    until(lambda: not any(Path(f"/proc/{process.pid}").exists() for process in processes))
