"""Locks on files."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from adapters.files.locks import FileLock, locked, open_locked, try_lock

# Adds one to the number in a file, many times, reading and writing under the lock.
_COUNTER = """
import sys
from pathlib import Path
from adapters.files.locks import FileLock, locked
path = Path(sys.argv[1])
lock = FileLock(path.with_name("lock"))
for number in range(50):
    with lock if sys.argv[2] == "kept" else locked(path.with_name("lock")):
        path.write_text(str(int(path.read_text()) + 1))
"""
_HOLDER = """
import sys, time
from pathlib import Path
from adapters.files.locks import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_two_processes_take_turns(tmp_path: Path) -> None:
    """Of 100 additions by two processes with either kind of lock none is lost."""
    path = tmp_path / "number"
    path.write_text("0")
    command = [sys.executable, "-c", _COUNTER, str(path)]
    processes = [subprocess.Popen([*command, kind]) for kind in ("kept", "new")]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert path.read_text() == "100"


def test_a_killed_process_unlocks_its_file(tmp_path: Path) -> None:
    """A file that a process has locked cannot be locked until the process is killed."""
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", _HOLDER, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "locked\n"
        descriptor = os.open(path, os.O_RDWR)
        assert not try_lock(descriptor)
        holder.send_signal(signal.SIGKILL)
        holder.wait(30)
        assert try_lock(descriptor)
        os.close(descriptor)


def test_a_block_unlocks_at_its_end(tmp_path: Path) -> None:
    """After the block another one locks the file at once. A descriptor keeps it locked until it is closed."""
    path = tmp_path / "lock"
    with locked(path):
        pass
    kept = open_locked(path)
    other = os.open(path, os.O_RDWR)
    assert not try_lock(other)
    os.close(kept)
    assert try_lock(other)
    os.close(other)


def test_a_kept_lock_is_taken_again_by_its_process(tmp_path: Path) -> None:
    """A process that an interrupt left with the lock does not wait for itself, not even where the file was removed."""
    lock = FileLock(tmp_path / "lock")
    lock.__enter__()
    with lock:
        (tmp_path / "lock").unlink()
    with lock:
        other = os.open(tmp_path / "lock", os.O_RDWR)
        assert not try_lock(other)
    assert try_lock(other)
    os.close(other)
