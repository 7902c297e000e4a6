"""Files of the prediction log: rotation, privacy, full disks, lines that cannot be read."""

import errno
import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from adapters.prediction_log.json_lines import JsonLinesPredictionLog
from domain.abstract import Abstract
from domain.category import Category
from domain.errors import StorageUnavailableError
from domain.experiment import Assignment
from domain.logged_prediction import LoggedPrediction, paper_hash
from domain.ports.dataset import BadRecord
from domain.prediction import CategoryScore

PAPER = Abstract("A secret discovery.", "On secrets")


def logged(number: int = 0) -> LoggedPrediction:
    """A prediction of the secret paper."""
    scores = (CategoryScore(Category("cs.CV"), 0.91234),)
    return LoggedPrediction(
        "2026-11-25T10:00:00.000+00:00", f"r{number}:0", paper_hash(PAPER), "champion", Assignment.WEIGHTED, "fake/1",
        scores, scores, 1.23456, PAPER,
    )  # fmt: skip


def test_words_are_left_out(tmp_path: Path) -> None:
    """A log holds a paper's hash and, by default, none of its words. Only its owner may read it."""
    log = JsonLinesPredictionLog(tmp_path)
    log.add([logged()])
    (file,) = tmp_path.iterdir()
    line = json.loads(file.read_bytes())
    assert "secret" not in file.read_text("utf-8")
    assert (line["paper_sha256"], line["variant"], line["shadow"]) == (paper_hash(PAPER), "champion", False)
    assert line["labels"] == [{"label": "cs.CV", "probability": 0.9123}]
    assert stat.S_IMODE(file.stat().st_mode) & 0o007 == 0
    JsonLinesPredictionLog(tmp_path, keep_text=True).add([logged()])
    assert any("A secret discovery." in each.read_text("utf-8") for each in tmp_path.iterdir())


def test_a_large_file_is_left_for_a_new_one(tmp_path: Path) -> None:
    """Files are as large as they may be and a line at most, and their order is that of the lines."""
    log = JsonLinesPredictionLog(tmp_path, most_bytes=1000)
    for number in range(20):
        log.add([logged(number)])
    files = sorted(tmp_path.iterdir())
    assert len(files) > 5 and all(file.stat().st_size < 1500 for file in files)
    assert [each.prediction_id for each in log.predictions(lambda bad: None)] == [f"r{n}:0" for n in range(20)]


def test_the_oldest_files_go(tmp_path: Path) -> None:
    """With a number of files, only the newest are kept."""
    log = JsonLinesPredictionLog(tmp_path, most_bytes=1, most_files=3)
    for number in range(10):
        log.add([logged(number)])
    assert [each.prediction_id for each in log.predictions(lambda bad: None)] == ["r7:0", "r8:0", "r9:0"]


def test_files_that_are_written_stay(tmp_path: Path) -> None:
    """Of a slower writer no line is lost where a faster one leaves file after file. Its file goes once it is left."""
    slow = JsonLinesPredictionLog(tmp_path)
    fast = JsonLinesPredictionLog(tmp_path, most_bytes=1, most_files=1)
    for number in range(5):
        slow.add([logged(number)])
        fast.add([logged(10 + number)])
    found = [each.prediction_id for each in slow.predictions(lambda bad: None)]
    assert found == [*(f"r{number}:0" for number in range(5)), "r14:0"]
    slow.close()
    fast.add([logged(20)])
    assert [each.prediction_id for each in fast.predictions(lambda bad: None)] == ["r20:0"]


def test_a_killed_writer_keeps_nothing(tmp_path: Path) -> None:
    """The file of a process that was killed is deleted like any other."""
    (tmp_path / "predictions-20260101T000000.000000Z-00000000.jsonl").write_bytes(b"left behind\n")
    JsonLinesPredictionLog(tmp_path, most_files=1).add([logged()])
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("taken", ["file", "folder", "renamed folder"])
def test_a_log_that_is_taken_away_is_begun_anew(tmp_path: Path, taken: str, caplog: pytest.LogCaptureFixture) -> None:
    """A writer whose file or folder was removed or moved makes it again, logs that once, and loses no later line."""
    log = JsonLinesPredictionLog(tmp_path / "log")
    log.add([logged(0)])
    if taken == "file":
        next((tmp_path / "log").iterdir()).unlink()
    elif taken == "folder":
        shutil.rmtree(tmp_path / "log")
    else:
        (tmp_path / "log").rename(tmp_path / "old")
    log.add([logged(1)])
    log.add([logged(2)])
    assert [each.prediction_id for each in log.predictions(lambda bad: None)] == ["r1:0", "r2:0"]
    assert [record.event for record in caplog.records] == ["prediction_log_removed"]  # type: ignore[attr-defined]  # extra


def test_a_folder_that_cannot_be_made_again_is_told(tmp_path: Path) -> None:
    """If the folder is gone and its place is taken, each line that is lost is an error, until there is room."""
    log = JsonLinesPredictionLog(tmp_path / "log")
    log.add([logged(0)])
    shutil.rmtree(tmp_path / "log")
    (tmp_path / "log").write_text("")
    for number in (1, 2):
        with pytest.raises(StorageUnavailableError, match="cannot be written"):
            log.add([logged(number)])
    (tmp_path / "log").unlink()
    log.add([logged(3)])
    assert [each.prediction_id for each in log.predictions(lambda bad: None)] == ["r3:0"]


def test_two_processes_write_beside_one_another(tmp_path: Path) -> None:
    """Each writer has files of its own, and a reader sees the lines of all."""
    one, other = JsonLinesPredictionLog(tmp_path), JsonLinesPredictionLog(tmp_path)
    for number in range(4):
        (one, other)[number % 2].add([logged(number)])
    assert len(list(tmp_path.iterdir())) == 2
    assert {each.prediction_id for each in one.predictions(lambda bad: None)} == {f"r{n}:0" for n in range(4)}


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk is full in the middle of a line, it is taken back. With room again the log goes on."""
    log = JsonLinesPredictionLog(tmp_path)
    log.add([logged(0)])
    write = os.write

    def half(file: int, data: bytes) -> int:
        if len(data) < 100:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data[: len(data) - 50])

    with monkeypatch.context() as full:
        full.setattr(os, "write", half)
        with pytest.raises(StorageUnavailableError, match="No space left on device"):
            log.add([logged(1)])
    log.add([logged(2)])
    bad: list[BadRecord] = []
    assert [each.prediction_id for each in log.predictions(bad.append)] == ["r0:0", "r2:0"]
    assert not bad


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """If a file is in the folder's place, the error names it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnavailableError, match=r"file.* cannot be written"):
        JsonLinesPredictionLog(tmp_path / "file").add([logged()])


def test_a_line_that_is_being_written_is_no_line_yet(tmp_path: Path) -> None:
    """A reader beside a writer, or after a kill, takes no half line for a bad one."""
    log = JsonLinesPredictionLog(tmp_path)
    log.add([logged(0), logged(1)])
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    bad: list[BadRecord] = []
    assert [each.prediction_id for each in log.predictions(bad.append)] == ["r0:0"]
    assert not bad


@pytest.mark.parametrize(
    "line",
    [
        b"{", b"[]", b"7", b"\xff", b"{}", b'{"time": 3}', b"null", b"[" * 5000,
        b'{"time":"t","prediction_id":"r:0","paper_sha256":"a","variant":null,"assignment":"odd","model":"m"}',
        *(
            b'{"time":"t","prediction_id":"r:0","paper_sha256":"a","variant":null,"assignment":"none","model":"m",'
            b'"labels":[],"top":[],"milliseconds":%b}' % number
            for number in (b"NaN", b"-Infinity", b"1e999", b'"nan"')
        ),
    ],
)  # fmt: skip
def test_lines_that_cannot_be_read_are_named(tmp_path: Path, line: bytes) -> None:
    """A line that a kill or an edit damaged is named with its file and number, and the others are read."""
    log = JsonLinesPredictionLog(tmp_path)
    log.add([logged(0)])
    (file,) = tmp_path.iterdir()
    file.write_bytes(line + b"\n" + file.read_bytes())
    bad: list[BadRecord] = []
    assert [each.prediction_id for each in log.predictions(bad.append)] == ["r0:0"]
    assert [(each.source, each.line) for each in bad] == [(str(file), 1)]
