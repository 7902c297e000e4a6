"""Files that appear whole or not at all, and stdout."""

import errno
import gzip
import io
import os
import sys
from pathlib import Path

import pytest

from domain.errors import ArxivClassifierError, InvalidInputError
from entrypoints.cli.output import output_stream, refuse_folder, whole_file


def test_a_file_appears_when_all_is_written(tmp_path: Path) -> None:
    """Until the end there is no file of that name; then it holds everything, and nothing lies beside it."""
    target = tmp_path / "out.txt"
    with whole_file(target) as stream:
        stream.write(b"one ")
        assert not target.exists()
        stream.write(b"two")
    assert target.read_bytes() == b"one two"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    """Whatever ends the writing, the file of before is still there and no part of the new one."""
    target = tmp_path / "out.txt"
    target.write_text("earlier")
    with pytest.raises(error), whole_file(target) as stream:
        stream.write(b"new")
        raise error
    assert target.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [target]


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    """A file that only its owner may read stays so."""
    target = tmp_path / "out.txt"
    target.write_text("earlier")
    target.chmod(0o600)
    with whole_file(target) as stream:
        stream.write(b"new")
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_text() == "new"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """Writing through a link replaces the file it points to."""
    target, link = tmp_path / "out.txt", tmp_path / "link.txt"
    target.write_text("earlier")
    link.symlink_to(target)
    with whole_file(link) as stream:
        stream.write(b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder in place of a file is the user's mistake, and said so."""
    with pytest.raises(InvalidInputError, match="is a folder"), whole_file(tmp_path):
        pass


def test_a_folder_is_told_with_a_file_in_it(tmp_path: Path) -> None:
    """A folder in place of the output is answered with a name to give. A file, a new name and stdout are none."""
    with pytest.raises(
        InvalidInputError,
        match=r"is a folder\. Name a file to write to, such as .*predictions\.jsonl\. To write parts",
    ):
        refuse_folder(tmp_path)
    for output in (tmp_path / "new.csv", None):
        refuse_folder(output)


def test_a_compressed_file_appears_when_all_is_written(tmp_path: Path) -> None:
    """A file whose name ends in .gz is compressed, and appears when it is complete."""
    target = tmp_path / "out.jsonl.gz"
    with output_stream(target) as stream:
        stream.write(b"one ")
        assert not target.exists()
        stream.write(b"two")
    assert gzip.decompress(target.read_bytes()) == b"one two"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_file_that_fails_leaves_the_old_one(
    tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """If compressing stops half-way, the file of before is there, and no library adds to stderr."""
    target = tmp_path / f"out.jsonl{suffix}"
    target.write_text("earlier")
    with pytest.raises(RuntimeError), output_stream(target) as stream:
        stream.write(b"new" * 1000)
        raise RuntimeError
    assert target.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [target]
    assert capfd.readouterr().err == ""


def test_a_device_is_written_directly() -> None:
    """A device has no place beside it to prepare a file in."""
    with output_stream(Path(os.devnull)) as stream:
        assert stream.write(b"gone") == 4


def test_a_full_disk_is_said_with_the_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A disk that turns out to be full when the file is made safe is an error with the file's name."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    wanted = r"out\.txt failed: No space left on device"
    with pytest.raises(ArxivClassifierError, match=wanted), whole_file(tmp_path / "out.txt") as stream:
        stream.write(b"new")
    assert list(tmp_path.iterdir()) == []


def test_short_writes_are_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that takes three bytes at a time gets all of them."""

    class Slow(io.BytesIO):
        def write(self, data: bytes) -> int:  # type: ignore[override]  # memoryviews are all it gets here
            return super().write(bytes(data)[:3])

    slow = Slow()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(slow))
    with output_stream(None) as stream:
        assert stream.write(b"0123456789") == 10
    assert slow.getvalue() == b"0123456789"


def test_nothing_more_is_let_through_afterwards(tmp_path: Path) -> None:
    """Writes of a library that cleans up after the end are discarded."""
    written = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(written))
        with output_stream(None) as stream:
            stream.write(b"data")
        stream.write(b"late")
        sys.stdout.flush()
        assert written.getvalue() == b"data"


def test_without_stdout_a_file_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program started without standard output says what to do."""
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(InvalidInputError, match="--output"), output_stream(None):
        pass
