"""Feedback in a real PostgreSQL that is down at the start, stops in the middle, and comes back."""

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import fork_server
from tests.e2e.postgresql import Database, is_there
from tests.e2e.server import TEXT, Server

pytest.importorskip("granian")
pytest.importorskip("psycopg")
pytestmark = pytest.mark.skipif(sys.platform != "linux" or not is_there(), reason="needs PostgreSQL's programs")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """An empty one."""
    with Database() as running:
        yield running


def migrate(database: Database, folder: Path) -> None:
    """Makes the tables, as an operator does."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "ARXIV_CLASSIFIER_API__DATABASE": database.url}
    fork_server.run(["manage", "migrate"], cwd=folder, env=environment).check_returncode()


def give(server: Server, number: int, label: str = "cs.CV", text: str = "words") -> int:
    """Sends feedback and returns the status."""
    item = {"request_id": f"r{number}", "labels": [label], "abstract": text}
    return server.send("POST", "/api/v1/feedback/", json.dumps({"feedback": [item]}).encode()).status


def test_feedback_in_postgresql(database: Database, tmp_path: Path) -> None:
    """Without tables the start names the remedy. With them workers write at once, and feedback survives a crash."""
    with Server(tmp_path, workers=3, feedback=True, database=database.url) as server:
        (told,) = server.events("feedback_not_ready")
        assert "feedback.0001_initial" in told["reason"] and "manage migrate" in told["remedy"]
        assert (give(server, 0), server.predict(TEXT).status) == (503, 200)
        migrate(database, tmp_path)
        with ThreadPoolExecutor(12) as pool:
            statuses = list(pool.map(lambda n: give(server, n % 4, ("cs.LG", "cs.CV")[n % 2], "a\0b"), range(120)))
        assert set(statuses) == {200}
        numbers = database.ask(
            "SELECT prediction_id, array_agg(number ORDER BY number) FROM feedback_revision GROUP BY 1"
        )
        assert len(numbers) == 4
        assert all(found == list(range(1, len(found) + 1)) for _, found in numbers)
        database.stop()
        assert {give(server, 9), give(server, 9)} == {503}
        assert server.predict(TEXT).status == 200
        database.start()
        assert give(server, 9) == 200
    assert database.ask("SELECT count(DISTINCT prediction_id) FROM feedback_revision") == [(5,)]


def test_a_database_that_is_down_at_the_start(database: Database, tmp_path: Path) -> None:
    """A server whose database is down starts, logs it, predicts, and stores feedback once the database is up."""
    database.stop()
    try:
        with Server(tmp_path, feedback=True, database=database.url) as server:
            assert len(server.events("feedback_not_ready")) == 1
            assert (give(server, 1), server.predict(TEXT).status) == (503, 200)
            database.start()
            migrate(database, tmp_path)
            assert give(server, 1) == 200
    finally:
        database.stop()
        database.start()


def test_a_database_that_hangs_holds_up_no_prediction(database: Database, tmp_path: Path) -> None:
    """While the table is locked and twenty clients wait with feedback, predictions are answered at once."""
    migrate(database, tmp_path)
    with Server(tmp_path, feedback=True, database=database.url) as server, ThreadPoolExecutor(20) as pool:
        patience = server.patience(6)
        with database.locked("feedback_revision"):
            waiting = [pool.submit(give, server, 100 + number) for number in range(20)]
            time.sleep(0.5)
            started = time.monotonic()
            assert {server.predict(TEXT).status for _ in range(20)} == {200}
            assert time.monotonic() - started < patience
            assert {each.result(60) for each in waiting} == {503}
            assert time.monotonic() - started < patience + 6  # a lock is waited for five seconds
        assert give(server, 100) == 200
