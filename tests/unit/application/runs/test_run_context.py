"""Which run something belongs to."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest

from application.runs.run_context import bound, bound_fields, current_run_id, new_run_id


def test_ids_sort_by_time_and_differ() -> None:
    """Ids of one second differ, those of later seconds come later, in whatever zone the clock is."""
    first = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
    elsewhere = first.astimezone(timezone(timedelta(hours=5)))
    ids = {new_run_id(lambda: first) for _ in range(20)} | {new_run_id(lambda: elsewhere) for _ in range(20)}
    assert len(ids) == 40
    assert max(ids) < new_run_id(lambda: first + timedelta(seconds=1))
    assert all(each.startswith("20260501T120000-") for each in ids)


def test_fields_end_with_their_block() -> None:
    """Inner fields add to the outer ones, win over them, and go with their block, even where it raises."""
    with bound(run_id="a", sweep_id="s"):
        with pytest.raises(ValueError), bound(run_id="b"):
            assert dict(bound_fields()) == {"run_id": "b", "sweep_id": "s"}
            raise ValueError
        assert current_run_id() == "a"
    assert (dict(bound_fields()), current_run_id()) == ({}, "")


def test_threads_of_two_runs_do_not_mix() -> None:
    """Two threads that each have a run see their own, also while both are in it."""
    meet = threading.Barrier(2)

    def run(name: str) -> str:
        with bound(run_id=name):
            meet.wait(10)
            return current_run_id()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, ["a", "b"])) == ["a", "b"]


def test_a_thread_that_knows_no_run_has_that_of_the_process() -> None:
    """A library's thread, started before or within the run, is part of it."""
    with ThreadPoolExecutor(1) as before:
        assert before.submit(current_run_id).result() == ""
        with bound(run_id="a"), ThreadPoolExecutor(1) as within:
            assert [pool.submit(current_run_id).result() for pool in (before, within)] == ["a", "a"]
        assert before.submit(current_run_id).result() == ""
