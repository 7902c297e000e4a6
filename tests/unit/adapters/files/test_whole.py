"""Files and folders that appear whole."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.files.whole import partial_beside, publish_folder, take_place, whole_path, write_whole

# Processes of their own: a kill ends them, and a limit on the size of files stands for a full disk.
_KILLED = """
import os, signal, sys
from pathlib import Path
from adapters.files.whole import whole_path
with whole_path(Path(sys.argv[1])) as partial:
    partial.write_bytes(b"new" * 1000)
    os.kill(os.getpid(), signal.SIGKILL)
"""
_FULL = """
import resource, sys
from pathlib import Path
from adapters.files.whole import write_whole
sys.dont_write_bytecode = True  # it would be cut off too
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_whole(Path(sys.argv[1]), b"new" * 4096)
except OSError as error:
    print(error.strerror)
"""
_WRITER = """
import sys
from pathlib import Path
from adapters.files.whole import write_whole
for _ in range(8):
    write_whole(Path(sys.argv[1]), sys.argv[2].encode() * 200_000)
"""


def command(code: str, *arguments: str) -> list[str]:
    """Returns the command that runs Python code in a process with this project's modules."""
    return [sys.executable, "-c", code, *arguments]


def names(folder: Path) -> list[str]:
    """Returns the names in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


def test_a_kill_before_the_end_leaves_the_earlier_content(tmp_path: Path) -> None:
    """A process killed between writing and renaming leaves the earlier file, and the part under a hidden name."""
    path = tmp_path / "file.json"
    path.write_text("old")
    assert subprocess.run(command(_KILLED, str(path)), check=False).returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    hidden, visible = names(tmp_path)
    assert visible == "file.json"
    assert hidden.startswith(".file.json.") and hidden.endswith(".part")
    assert (tmp_path / hidden).stat().st_size == 3000


def test_a_full_disk_leaves_the_earlier_content(tmp_path: Path) -> None:
    """A file that does not fit is an OSError. The earlier file is untouched, and nothing lies beside it."""
    path = tmp_path / "file.json"
    path.write_text("old")
    run = subprocess.run(command(_FULL, str(path)), check=True, capture_output=True, text=True)
    assert run.stdout == "File too large\n"
    assert (path.read_text(), names(tmp_path)) == ("old", ["file.json"])


def test_a_reader_beside_two_writers_sees_whole_files(tmp_path: Path) -> None:
    """While two processes replace a file, each read finds all of what one of them wrote. No part stays."""
    path = tmp_path / "file"
    write_whole(path, b"a" * 200_000)
    writers = [subprocess.Popen(command(_WRITER, str(path), letter)) for letter in "ab"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        seen.add(path.read_bytes())
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen == {b"a" * 200_000, b"b" * 200_000}
    assert names(tmp_path) == ["file"]


def test_a_failure_inside_the_block_keeps_the_earlier_file(tmp_path: Path) -> None:
    """An error in the block leaves the earlier file and no partial one."""
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(RuntimeError), whole_path(path) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert (path.read_text(), names(tmp_path)) == ("old", ["file"])


def test_the_permissions_of_the_earlier_file_stay(tmp_path: Path) -> None:
    """A file that only its owner may read stays so when it is replaced."""
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o600)
    write_whole(path, b"new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)


def test_parts_have_names_of_their_own(tmp_path: Path) -> None:
    """Two writers of one file have different parts. The suffix ends their names."""
    path = tmp_path / "model.keras"
    with partial_beside(path, suffix=".keras") as first, partial_beside(path, suffix=".keras") as second:
        assert first != second
        assert {first.suffix, second.suffix} == {".keras"}
        first.write_text("whole")
        take_place(first, path)
    assert names(tmp_path) == ["model.keras"]


def test_a_folder_appears_after_its_files_are_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file and folder is flushed before the rename, read-only ones too, and the parent after it."""
    partial, folder = tmp_path / ".partial", tmp_path / "folder"
    (partial / "inner").mkdir(parents=True)
    (partial / "inner" / "file").write_text("content")
    (partial / "inner" / "file").chmod(0o444)
    done: list[str] = []
    flush, rename = os.fsync, Path.rename

    def noted_flush(file: int) -> None:
        done.append(os.readlink(f"/proc/self/fd/{file}"))
        flush(file)

    def noted_rename(path: Path, target: Path) -> Path:
        done.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noted_flush)
    monkeypatch.setattr(Path, "rename", noted_rename)
    publish_folder(partial, folder)
    flushed = {str(partial), str(partial / "inner"), str(partial / "inner" / "file")}
    assert (set(done[:3]), done[3:]) == (flushed, ["rename", str(tmp_path)])
    assert (folder / "inner" / "file").read_text() == "content"
