"""A sweep in a real PostgreSQL, with several processes, one of which is killed."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from domain.errors import SweepStorageError
from domain.sweep import TrialState
from tests.e2e.postgresql import Database, is_there
from tests.lazily import lazily, skip_without
from tests.sweeps import small_plan
from tests.waiting import until

if TYPE_CHECKING:
    from adapters.sweepers import database as places
    from adapters.sweepers import optuna
else:
    places, optuna = lazily("adapters.sweepers.database"), lazily("adapters.sweepers.optuna")

skip_without("psycopg")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux" or not is_there(), reason="needs PostgreSQL's programs"),
    pytest.mark.timeout(300),
]
ROOT = Path(__file__).parents[2]
Worker = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def database() -> Iterator[Database]:
    """An empty one."""
    with Database() as running:
        yield running


@pytest.fixture
def worker(database: Database, tmp_path: Path) -> Iterator[Worker]:
    """Starts processes that take part. One that is silent for three seconds counts as dead."""
    started: list[subprocess.Popen[bytes]] = []

    def start(count: int, seconds: float) -> "subprocess.Popen[bytes]":
        arguments = (storage(database), count, seconds, tmp_path / "log", 1, 3)
        command = [sys.executable, "-m", "tests.sweep_worker", *map(str, arguments)]
        started.append(subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def storage(database: Database) -> str:
    """Returns the value of `--storage`."""
    return database.url.replace("postgresql:", "postgresql+psycopg:")


def trained(folder: Path) -> list[tuple[str, ...]]:
    """Returns process, trial, origin and epoch of each trained epoch."""
    path = folder / "log"
    return [tuple(line.split()) for line in path.read_text().splitlines()] if path.is_file() else []


@pytest.mark.slow
def test_processes_share_its_trials_and_one_is_killed(database: Database, worker: Worker, tmp_path: Path) -> None:
    """Three processes run exactly the given number of trials. After kill -9 of one, another takes its trial."""
    workers = [worker(9, 0.4) for _ in range(3)]
    until(lambda: len({process for process, *_ in trained(tmp_path)}) == 3)
    victim = workers[0]
    before = len(trained(tmp_path))
    until(lambda: [line for line in trained(tmp_path)[before:] if line[0] == str(victim.pid) and line[3] == "1"])
    victim.kill()
    assert [each.wait(100) for each in workers[1:]] == [0, 0]
    lines = trained(tmp_path)
    (left,) = {origin for process, number, origin, _ in lines if number != origin}
    assert [line for line in lines if line[0] == str(victim.pid)][-1][2] == left
    # The epoch under way at the kill may come twice; no other does, and no trial has two processes.
    assert sum(times - 1 for times in Counter((origin, epoch) for _, _, origin, epoch in lines).values()) <= 1
    assert max(Counter(number for _, number in {(process, number) for process, number, *_ in lines}).values()) == 1
    sweeper = optuna.OptunaSweeper(small_plan(9), storage(database))
    records = sweeper.records()
    sweeper.close()
    assert [(record.state, sorted(record.epochs)) for record in records] == [(TrialState.COMPLETE, [1, 2, 3])] * 9


@pytest.mark.slow
def test_machines_take_turns(database: Database) -> None:
    """While one holds the lock of the database, another waits for it."""
    one, other = places.DatabaseTrialStorage(storage(database)), places.DatabaseTrialStorage(storage(database))
    is_alone = threading.Event()

    def enter() -> None:
        with other.alone():
            is_alone.set()

    thread = threading.Thread(target=enter)
    with one.alone():
        thread.start()
        assert not is_alone.wait(0.5)
    assert is_alone.wait(10)
    thread.join()
    one.close()
    other.close()


@pytest.mark.slow
def test_a_database_that_goes_away_in_the_middle_is_waited_for(
    database: Database, worker: Worker, tmp_path: Path
) -> None:
    """If the database is stopped hard under two processes and started again, no process and no epoch is lost."""
    workers = [worker(4, 0.4) for _ in range(2)]
    until(lambda: len(trained(tmp_path)) >= 3)
    database.stop()
    time.sleep(2)
    database.start()
    assert [each.wait(100) for each in workers] == [0, 0]
    sweeper = optuna.OptunaSweeper(small_plan(4), storage(database))
    assert [(record.state, sorted(record.epochs)) for record in sweeper.records()] == [
        (TrialState.COMPLETE, [1, 2, 3])
    ] * 4
    sweeper.close()


def test_a_database_that_is_down_at_the_start_is_named(database: Database) -> None:
    """The error has its address without the password, and the remedy."""
    url = storage(database).replace("papers@", "papers:hush@")
    database.stop()
    with pytest.raises(SweepStorageError, match=r"papers:\*\*\*@127\.0\.0\.1.* could not be opened") as told:
        optuna.OptunaSweeper(small_plan(), url, waits=(0.1,))
    assert "hush" not in str(told.value)


def test_a_database_that_lets_nobody_in_is_not_waited_for(database: Database) -> None:
    """A missing user or database, or a wrong password, is reported at once."""
    database.ask("CREATE ROLE somebody LOGIN PASSWORD 'hush'")
    database.require_passwords()
    url = storage(database)

    def sleep(_: float) -> None:
        raise AssertionError("it is waited for")

    for wrong, reason in (
        (url.replace("papers@", "somebody@"), "no password supplied"),
        (url.replace("papers@", "somebody:loud@"), "password authentication failed"),
        (url.replace("papers@", "nobody:hush@"), "password authentication failed"),
        (url.replace("papers@", "somebody:hush@").replace("/postgres", "/nothing"), "does not exist"),
    ):
        with pytest.raises(SweepStorageError, match=rf"{reason}.*\. Check --storage\.") as told:
            optuna.OptunaSweeper(small_plan(), wrong, sleep=sleep)
        assert "hush" not in str(told.value) and "loud" not in str(told.value)


@pytest.mark.slow
def test_a_turn_that_breaks_off_leaves_no_trial_behind(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the lock's connection ends while a trial is given out, the sweep still ends."""
    sweeper = optuna.OptunaSweeper(small_plan(3), storage(database), sleep=lambda _: None)
    begin = places.DatabaseTrialStorage.begin
    ended: list[tuple[object, ...]] = []

    def begin_and_break_off(self: "places.DatabaseTrialStorage", trial_id: int) -> None:
        begin(self, trial_id)
        if not ended:
            ended.extend(database.ask("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))

    monkeypatch.setattr(places.DatabaseTrialStorage, "begin", begin_and_break_off)
    assert run_through(sweeper) == 3
    assert ended == [(True,)]
    assert sweeper.is_over()
    assert [record.state for record in sweeper.records()] == [TrialState.COMPLETE] * 3
    sweeper.close()


@pytest.mark.slow
def test_a_trial_that_could_not_be_begun_is_run_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault between the choice of a trial and its first heartbeat costs nothing."""
    sweeper = optuna.OptunaSweeper(small_plan(3), storage(database), sleep=lambda _: None)
    begin, failures = places.DatabaseTrialStorage.begin, [OSError("the network is gone")]

    def begin_or_fail(self: "places.DatabaseTrialStorage", trial_id: int) -> None:
        if failures:
            raise failures.pop()
        begin(self, trial_id)

    monkeypatch.setattr(places.DatabaseTrialStorage, "begin", begin_or_fail)
    assert run_through(sweeper) == 3
    assert [record.state for record in sweeper.records()] == [TrialState.COMPLETE] * 3
    sweeper.close()


@pytest.mark.slow
def test_a_machine_that_hangs_in_its_turn_stops_nobody(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has waited long enough goes on without the lock."""
    from adapters.sweepers import database as sweep_database

    quick = tuple(each.replace("60s", "1s") for each in sweep_database._LOCK)
    monkeypatch.setattr(sweep_database, "_LOCK", quick)
    hanging, sweeper = (
        places.DatabaseTrialStorage(storage(database)),
        optuna.OptunaSweeper(small_plan(2), storage(database)),
    )
    with hanging.alone():
        assert run_through(sweeper) == 2
    assert sweeper.is_over()
    sweeper.close()
    hanging.close()


@pytest.mark.slow
def test_a_short_idle_timeout_does_not_end_a_turn(database: Database) -> None:
    """A server that ends idle transactions early does not end those of the lock."""
    trial_storage = places.DatabaseTrialStorage(storage(database))
    database.ask("ALTER ROLE papers SET idle_in_transaction_session_timeout = '20ms'")
    with trial_storage.alone():
        time.sleep(0.5)
        assert database.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(1,)]
    assert database.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
    trial_storage.close()


@pytest.mark.slow
def test_a_fault_s_reason_is_the_storage_s(database: Database) -> None:
    """A failure of the storage while a trial's failure is recorded is reported as the storage's."""
    sweeper = optuna.OptunaSweeper(small_plan(), storage(database), waits=())
    trial = sweeper.next_trial()
    assert trial is not None
    database.stop()
    try:
        raise RuntimeError("The training came apart.")
    except RuntimeError:
        with pytest.raises(SweepStorageError, match=r"could not record the failure of trial 0: .*connection") as told:
            trial.fail("The training came apart.")
    assert "came apart" not in str(told.value)
    sweeper.close()


def run_through(sweeper: "optuna.OptunaSweeper") -> int:
    """Returns the number of trials that it gives out, all of which end well."""
    count = 0
    while trial := sweeper.next_trial():
        trial.complete(0.5)
        count += 1
    return count
