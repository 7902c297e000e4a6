"""Counting requests in hand."""

import threading

from entrypoints.rest.http.active_requests import ActiveRequests


def test_nothing_in_hand_is_no_wait() -> None:
    """Without a request, and after its end, there is nothing to wait for."""
    active = ActiveRequests()
    assert active.wait(0)
    active.begin()
    assert not active.wait(0.01)
    active.end()
    assert active.wait(0)


def test_a_thread_has_one_request() -> None:
    """A second beginning of the same thread counts once, and so does a second end."""
    active = ActiveRequests()
    active.begin()
    active.begin()
    active.end(sender=None)
    assert active.wait(0)
    active.end()
    active.begin()
    assert not active.wait(0)


def test_every_thread_counts() -> None:
    """The wait is over when the last of several threads is done."""
    active, go, begun = ActiveRequests(), *([threading.Event() for _ in range(3)] for _ in range(2))

    def request(number: int) -> None:
        active.begin()
        begun[number].set()
        go[number].wait(10)
        active.end()

    threads = [threading.Thread(target=request, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for event in begun:
        assert event.wait(10)
    for number in range(3):
        assert not active.wait(0.01)
        go[number].set()
        threads[number].join(10)
    assert active.wait(0)
