"""Work spread over the processors."""

import os
import threading
import time
from collections.abc import Iterator

import pytest

from adapters.classifiers.transformer import processors


def test_what_is_found_keeps_the_order() -> None:
    """Items that take longer than later ones come back before them."""
    assert list(processors.spread(lambda n: time.sleep(0.002 * (9 - n)) or n, range(10))) == list(range(10))  # type: ignore[func-returns-value]  # sleep returns None on purpose


def test_callers_share_the_threads() -> None:
    """However many threads ask, no more work runs at a time than there are processors."""
    running, most, lock = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1

    callers = [threading.Thread(target=lambda: list(processors.spread(work, range(10)))) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert most <= processors.count()


def test_an_error_comes_out() -> None:
    """An error of the work reaches the caller, and the next call works."""
    with pytest.raises(ZeroDivisionError):
        list(processors.spread(lambda n: 1 // n, [1, 0, 1]))
    assert list(processors.spread(lambda n: n, [1])) == [1]


def test_what_waits_is_dropped_with_its_caller() -> None:
    """If a caller gives up, items that wait for a processor are not worked on."""
    worked: list[int] = []
    release = threading.Event()

    def work(item: int) -> None:
        worked.append(item)
        release.wait(30)

    busy = threading.Thread(target=lambda: list(processors.spread(work, range(processors.count()))))
    busy.start()
    while len(worked) < processors.count():
        time.sleep(0.01)
    found = processors.spread(lambda n: worked.append(100 + n), _failing())
    with pytest.raises(ZeroDivisionError):
        next(found)
    release.set()
    busy.join()
    assert list(processors.spread(lambda n: n, range(9))) == list(range(9))
    assert all(item < 100 for item in worked)


def _failing() -> Iterator[int]:
    yield 1
    raise ZeroDivisionError


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own() -> None:
    """A child of a process that has spread work can spread work."""
    list(processors.spread(lambda n: n, range(3)))
    child = os.fork()
    if child == 0:
        os._exit(0 if list(processors.spread(lambda n: n, range(3))) == [0, 1, 2] else 1)
    for _ in range(500):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.02)
    else:
        os.kill(child, 9)
        os.waitpid(child, 0)
        pytest.fail("the child waits for threads that it does not have")
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_caller_with_little_does_not_wait_for_one_with_much() -> None:
    """One item is worked on before the thousands of a caller that came first."""
    worked: list[int] = []
    stop = threading.Event()

    def work(item: int) -> None:
        worked.append(item)
        if not stop.is_set():
            time.sleep(0.001)

    much = threading.Thread(target=lambda: list(processors.spread(work, range(4_000))))
    much.start()
    while len(worked) < 200:
        time.sleep(0.01)
    before = len(worked)
    assert list(processors.spread(lambda n: n, [7])) == [7]
    between = len(worked) - before
    stop.set()
    much.join()
    assert between < 1_000
