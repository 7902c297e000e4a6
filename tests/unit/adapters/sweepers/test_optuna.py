"""Optuna behind the port: processes that are killed, storages that go away, and sweeps that differ."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from domain.errors import ConfigurationError, SweepStorageError
from domain.ports.sweeper import Trial
from domain.sweep import TrialPruned, TrialTaken
from tests.lazily import lazily
from tests.sweeps import SMALL, small_plan
from tests.waiting import until

if TYPE_CHECKING:
    from adapters.sweepers import optuna
else:
    optuna = lazily("adapters.sweepers.optuna")

ROOT = Path(__file__).parents[4]


def opened(folder: Path, count: int = 4, **changes: Any) -> "optuna.OptunaSweeper":
    """The sweep of a journal in a folder."""
    return optuna.OptunaSweeper(small_plan(count, **changes), str(folder / "journal.log"), waits=())


def asked(sweeper: "optuna.OptunaSweeper") -> Trial:
    """Its next trial, which it must have."""
    trial = sweeper.next_trial()
    assert trial is not None
    return trial


def finished(sweeper: "optuna.OptunaSweeper", scores: Sequence[float]) -> list[dict[str, object]]:
    """Returns the parameters of the given number of trials, each of which ends with a score."""
    seen = []
    for score in scores:
        trial = asked(sweeper)
        trial.report({"validation_score": score}, epoch=1)
        trial.complete(score)
        seen.append(dict(trial.parameters))
    return seen


def worker(folder: Path, count: int, seconds: float, *, storage: str | None = None) -> "subprocess.Popen[bytes]":
    """A process that takes part."""
    command = [sys.executable, "-m", "tests.sweep_worker"]
    return subprocess.Popen(
        [*command, storage or str(folder / "journal.log"), str(count), str(seconds), str(folder / "log")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def log_lines(folder: Path) -> list[list[str]]:
    """Returns the lines that the processes wrote about each epoch."""
    path = folder / "log"
    return [line.split() for line in path.read_text().splitlines()] if path.is_file() else []


@pytest.mark.timeout(300)
def test_two_processes_share_a_sweep_and_one_is_killed(tmp_path: Path) -> None:
    """After kill -9 of one, the other takes its trial up where it was. Every trial is trained once, by one process."""
    (tmp_path / "log.wait").touch()
    workers = [worker(tmp_path, 6, 0.15) for _ in range(2)]
    until(lambda: len(list(tmp_path.glob("log.ready-*"))) == 2)
    (tmp_path / "log.wait").unlink()
    until(lambda: len({line[0] for line in log_lines(tmp_path)}) == 2)
    victim = workers[0]
    until(lambda: log_lines(tmp_path)[-1][0] == str(victim.pid) and log_lines(tmp_path)[-1][3] == "1")
    victim.send_signal(signal.SIGKILL)
    assert victim.wait() == -signal.SIGKILL
    assert workers[1].wait(timeout=60) == 0
    lines = log_lines(tmp_path)
    times_trained = Counter((origin, epoch) for _, _, origin, epoch in lines)
    # The epoch under way at the kill is not in the log, or it is and was not reported yet, and then comes again.
    again = [key for key, times in times_trained.items() if times > 1]
    assert len(again) <= 1
    assert all(origin_of(lines, victim.pid) == origin for origin, _ in again)
    shared = {number: {process for process, each, _, _ in lines if each == number} for _, number, _, _ in lines}
    assert all(len(processes) == 1 for processes in shared.values())
    with_epochs = opened(tmp_path, 6).records()
    assert len(with_epochs) == 6
    assert all(sorted(record.epochs) == [1, 2, 3] for record in with_epochs)


def test_an_interrupt_at_any_moment_leaves_no_lock(tmp_path: Path) -> None:
    """A process that is stopped while it takes a lock can still give its trial back, which needs the same lock."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.interrupted_locks", str(tmp_path)], cwd=ROOT, capture_output=True, timeout=100
    )
    assert done.returncode == 0, done.stderr.decode()


def origin_of(lines: list[list[str]], process: int) -> str:
    """The origin of the last trial that a process wrote of."""
    return [origin for each, _, origin, _ in lines if each == str(process)][-1]


def test_a_sweep_goes_on_as_it_would_have(tmp_path: Path) -> None:
    """Stopped after two trials and opened again, a seeded sweep tries what an undisturbed one does."""
    scores = (0.2, 0.5, 0.3, 0.4)
    for folder in ("whole", "parts"):
        (tmp_path / folder).mkdir()
    whole = finished(opened(tmp_path / "whole", method="bayes"), scores)
    first = opened(tmp_path / "parts", method="bayes")
    parts = finished(first, scores[:2])
    first.close()
    parts += finished(opened(tmp_path / "parts", method="bayes"), scores[2:])
    assert parts == whole
    assert len({str(each) for each in whole}) == 4


def test_the_first_trial_is_what_the_configuration_says(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Values that lie in the space are tried first. Others are chosen, and a warning names them."""
    sweeper = optuna.OptunaSweeper(
        small_plan(start={"learning_rate": 0.5, "epochs": 99}), str(tmp_path / "journal.log"), waits=()
    )
    trial = asked(sweeper)
    assert trial.parameters["learning_rate"] == 0.5
    assert trial.parameters["epochs"] in (2, 3, 4)
    assert "because the sweep does not cover epochs 99" in caplog.text


def test_a_grid_is_run_through_once(tmp_path: Path) -> None:
    """Every combination comes once, and no more trials than there are, however many are asked for."""
    parameters = {"hidden": {"values": [[64], [128, 64]]}, "epochs": {"values": [2, 3]}, "seed": {"value": 7}}
    sweeper = opened(tmp_path, 99, method="grid", parameters=parameters)
    seen = finished(sweeper, (0.1,) * 4)
    assert sweeper.next_trial() is None
    assert sweeper.is_over()
    assert sorted(map(str, seen)) == sorted(
        str({"hidden": hidden, "epochs": epochs, "seed": 7}) for hidden in ([64], [128, 64]) for epochs in (2, 3)
    )


def test_hyperband_ends_what_is_behind(tmp_path: Path) -> None:
    """Of many trials at the same epoch, one far behind the others is pruned."""
    sweeper = opened(tmp_path, 30, early_terminate={"type": "hyperband", "min_iter": 1, "eta": 2})
    ended = 0
    for number in range(12):
        trial = asked(sweeper)
        try:
            for epoch in (1, 2, 3, 4):
                trial.report({"validation_score": 1 / (number + 1)}, epoch=epoch)
        except TrialPruned:
            trial.prune()
            ended += 1
        else:
            trial.complete(1 / (number + 1))
    assert 6 <= ended < 12


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"method": "bayes"}, 'its sweep.method is "random", and "bayes" here'),
        (
            {"parameters": {**SMALL["parameters"], "epochs": {"values": [2, 3]}}},
            "its sweep.parameters.epochs.values is",
        ),
        ({"early_terminate": {"type": "median"}}, "its sweep.early_terminate is not given, and"),
    ],
)
def test_another_sweep_in_the_same_place_is_refused(tmp_path: Path, changes: dict[str, Any], wanted: str) -> None:
    """The error names what differs and how to go on. The sweep that is there is left as it was."""
    finished(opened(tmp_path), (0.5,))
    with pytest.raises(ConfigurationError, match="another sweep 'small' in") as caught:
        opened(tmp_path, **changes)
    assert wanted in str(caught.value)
    assert "--name" in str(caught.value)
    assert [record.score for record in opened(tmp_path).records()] == [0.5]


def test_more_trials_may_be_asked_for_later(tmp_path: Path) -> None:
    """How many are to finish is no part of what a sweep is."""
    finished(opened(tmp_path, 1), (0.5,))
    assert opened(tmp_path, 1).next_trial() is None
    assert asked(opened(tmp_path, 2)).number == 1


def test_a_process_that_dies_three_times_over_a_trial_gives_it_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parameters that kill their process, for lack of memory, do not hold a sweep up for ever."""
    first = None
    for _ in range(3):
        dying = opened(tmp_path, 2)
        trial = asked(dying)
        first = first or dict(trial.parameters)
        assert dict(trial.parameters) == first
        dying.close()  # the lock on its file goes, as it does with a process
    last = opened(tmp_path, 2)
    assert dict(asked(last).parameters) != first
    records = last.records()
    assert [str(record.state) for record in records] == ["failed", "running"]
    assert "died 3 times" in records[0].reason


def test_half_a_line_of_a_killed_process_is_cut_off(tmp_path: Path) -> None:
    """A journal that ends within a line is read, and written on."""
    finished(opened(tmp_path), (0.5,))
    with (tmp_path / "journal.log").open("ab") as journal:
        journal.write(b'{"op_code":5,"worker_id":"x","trial_id":0,"param_na')
    assert [record.score for record in opened(tmp_path).records()] == [0.5]
    finished(opened(tmp_path), (0.6,))
    assert [record.score for record in opened(tmp_path).records()] == [0.5, 0.6]


def test_a_damaged_journal_is_named(tmp_path: Path) -> None:
    """A line in the middle that is not JSON is an error with the file's name, and the file stays."""
    finished(opened(tmp_path), (0.5,))
    path = tmp_path / "journal.log"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"garbage\n", *lines[3:]]))
    with pytest.raises(SweepStorageError, match="damaged: it has a line that cannot be read"):
        opened(tmp_path)
    assert b"garbage\n" in path.read_bytes()


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier records are whole, and the error names the one that could not be written.

    With room, the sweep goes on.
    """
    sweeper = opened(tmp_path)
    finished(sweeper, (0.5,))
    trial = asked(sweeper)
    size = (tmp_path / "journal.log").stat().st_size
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # it would be cut off too
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    on_excess = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, before[1]))
    try:
        with pytest.raises(SweepStorageError, match=r"could not record the score 0\.7 of trial 1: .*File too large"):
            trial.complete(0.7)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, on_excess)
    assert [record.score for record in opened(tmp_path).records()] == [0.5, None]
    trial.complete(0.7)
    assert [record.score for record in opened(tmp_path).records()] == [0.5, 0.7]


def test_a_storage_that_is_away_is_asked_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A locked database is waited for, which one line says, and the sweep goes on when it answers."""
    path = tmp_path / "sweep.db"
    slept: list[float] = []
    holder: list[sqlite3.Connection] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        holder[0].rollback()

    sweeper = optuna.OptunaSweeper(small_plan(), f"sqlite:///{path}?timeout=1", waits=(1.0, 2.0), sleep=sleep)
    holder.append(sqlite3.connect(path))
    holder[0].execute("BEGIN EXCLUSIVE")
    trial = asked(sweeper)
    assert slept == [1.0]
    assert caplog.text.count("is locked. It will be retried for 3 seconds.") == 1
    trial.complete(0.5)
    sweeper.close()
    holder[0].close()


def test_a_database_that_is_gone_is_named(tmp_path: Path) -> None:
    """The error comes after the waits, names storage and deed, and says that the same command goes on."""
    path = tmp_path / "sweep.db"
    slept: list[float] = []
    sweeper = optuna.OptunaSweeper(small_plan(), f"sqlite:///{path}", waits=(1.0, 2.0), sleep=slept.append)
    trial = asked(sweeper)
    saved = path.read_bytes()
    with sqlite3.connect(path) as connection:
        connection.executescript("DROP TABLE trial_values; DROP TABLE trials;")
    with pytest.raises(
        SweepStorageError, match=r"sweep\.db could not record the score 0\.5 of trial 0: .*no such table"
    ):
        trial.complete(0.5)
    assert slept == [1.0, 2.0]
    sweeper.close()
    path.write_bytes(saved)
    again = optuna.OptunaSweeper(small_plan(), f"sqlite:///{path}", waits=())
    assert [record.number for record in again.records()] == [0]
    again.close()


@pytest.mark.parametrize(
    ("storage", "error", "wanted"),
    [
        ("sqlite:////nowhere/at/all.db", SweepStorageError, r"could not be opened: there is no folder /nowhere/at\."),
        ("postgresql+nodriver://me:secret@host/db", ConfigurationError, "driver that is not installed: .*nodriver"),
        (
            "mysql+pymysql://me:secret@host/db",
            ConfigurationError,
            r"mysql\+pymysql://me:\*\*\*@host/db is .*keeps no sweeps",
        ),
        ("nonsense://", ConfigurationError, "keeps no sweeps"),
        ("://", ConfigurationError, "not a readable database URL"),
        ("/dev/null/journal.log", SweepStorageError, r"could not be opened: there is no folder /dev/null\."),
        ("{folder}/no/such/journal.log", SweepStorageError, "there is no folder .*/no/such"),
        ("{folder}/papers.jsonl", SweepStorageError, "it is not a journal of a sweep"),
        ("sqlite:///{folder}/papers.jsonl", SweepStorageError, "it is not an SQLite database"),
    ],
)
def test_a_storage_that_cannot_be_opened_is_named(
    tmp_path: Path, storage: str, error: type[Exception], wanted: str
) -> None:
    """Each says what is wrong without a wait, none tells the password, and nothing is made or changed."""
    slept: list[float] = []
    papers = tmp_path / "papers.jsonl"
    papers.write_text('{"title": "On"}\n{"title": "half a li')
    before = papers.read_bytes()
    with pytest.raises(error, match=wanted) as caught:
        optuna.OptunaSweeper(small_plan(), storage.format(folder=tmp_path), waits=(1.0,), sleep=slept.append)
    assert "secret" not in str(caught.value)
    assert slept == []
    assert (list(tmp_path.iterdir()), papers.read_bytes()) == ([papers], before)


def test_a_storage_that_does_not_answer_is_told_before_the_wait(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The first try that fails is a warning. The error does not speak of trials where none were ever seen."""
    path = tmp_path / "sweep.db"
    with sqlite3.connect(path) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SweepStorageError, match=r"could not be opened: .*locked\. Start it, or name another"):
            optuna.OptunaSweeper(
                small_plan(), f"sqlite:///{path}?timeout=1", waits=(1.0, 2.0), sleep=lambda seconds: None
            )
    warnings = [record.getMessage() for record in caplog.records if getattr(record, "event", "") == "storage_awaited"]
    assert len(warnings) == 1
    assert "locked. It will be retried for 3 seconds." in warnings[0]


def test_a_journal_that_is_removed_while_the_sweep_runs_is_named(tmp_path: Path) -> None:
    """There is nothing to wait for, and no promise that trials are kept."""
    slept: list[float] = []
    sweeper = optuna.OptunaSweeper(small_plan(), str(tmp_path / "journal.log"), waits=(1.0,), sleep=slept.append)
    trial = asked(sweeper)
    (tmp_path / "journal.log").unlink()
    with pytest.raises(SweepStorageError, match=r"journal\.log is gone: it was removed while the sweep ran"):
        trial.complete(0.5)
    assert slept == []


def test_a_process_of_a_database_that_falls_silent_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without heartbeats, another machine takes the trial. The first process gets an error if it continues."""
    from adapters.sweepers import database

    monkeypatch.setattr(database, "HEARTBEAT_SECONDS", 1)
    monkeypatch.setattr(database, "GRACE_SECONDS", 2)
    url = f"sqlite:///{tmp_path / 'sweep.db'}"
    silent = optuna.OptunaSweeper(small_plan(), url, waits=())
    trial = asked(silent)
    trial.report({"validation_score": 0.5}, epoch=1)
    silent.close()  # which ends its heartbeats
    other = optuna.OptunaSweeper(small_plan(), url, waits=())
    time.sleep(3.2)
    again = asked(other)
    assert (again.origin, dict(again.epochs)) == (trial.number, {1: 0.5})
    with pytest.raises(TrialTaken):
        trial.report({"validation_score": 0.6}, epoch=2)
    again.complete(0.7)
    assert [record.score for record in other.records()] == [0.7]
    other.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_machines_that_ask_at_once_run_no_trial_too_many(tmp_path: Path) -> None:
    """Three processes that hurry through a sweep in a database run just as many trials as were asked for."""
    url = f"sqlite:///{tmp_path / 'sweep.db'}"
    optuna.OptunaSweeper(small_plan(8), url).close()  # makes the tables
    workers = [worker(tmp_path, 8, 0.0, storage=url) for _ in range(3)]
    assert [each.wait(timeout=100) for each in workers] == [0, 0, 0]
    sweeper = optuna.OptunaSweeper(small_plan(8), url)
    assert [str(record.state) for record in sweeper.records()] == ["complete"] * 8
    assert len({str(record.parameters) for record in sweeper.records()}) == 8
    sweeper.close()
    assert len({number for _, number, _, _ in log_lines(tmp_path)}) == 8


@pytest.mark.parametrize("line", ['{"op_code": 99, "worker_id": "x"}', '{"op_code": 6}', "[]", "null", "{"])
def test_a_line_that_is_none_of_the_journal_s_is_named(tmp_path: Path, line: str) -> None:
    """A foreign line in the file is an error that names the file, and no trial is counted anew."""
    finished(opened(tmp_path), [0.1])
    with (tmp_path / "journal.log").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(SweepStorageError, match=r"journal\.log is damaged: it has a line that cannot be read"):
        opened(tmp_path).records()
