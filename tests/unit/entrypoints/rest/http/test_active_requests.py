"""Counting requests in hand."""

import threading

from entrypoints.rest.http.active_requests import InHand


def test_nothing_in_hand_is_no_wait() -> None:
    """Without a request, and after its end, there is nothing to wait for."""
    in_hand = InHand()
    assert in_hand.wait(0)
    in_hand.begin()
    assert not in_hand.wait(0.01)
    in_hand.end()
    assert in_hand.wait(0)


def test_a_thread_has_one_request() -> None:
    """A second beginning of the same thread counts once, and so does a second end."""
    in_hand = InHand()
    in_hand.begin()
    in_hand.begin()
    in_hand.end(sender=None)
    assert in_hand.wait(0)
    in_hand.end()
    in_hand.begin()
    assert not in_hand.wait(0)


def test_every_thread_counts() -> None:
    """The wait is over when the last of several threads is done."""
    in_hand, go, begun = InHand(), *([threading.Event() for _ in range(3)] for _ in range(2))

    def request(number: int) -> None:
        in_hand.begin()
        begun[number].set()
        go[number].wait(10)
        in_hand.end()

    threads = [threading.Thread(target=request, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for event in begun:
        assert event.wait(10)
    for number in range(3):
        assert not in_hand.wait(0.01)
        go[number].set()
        threads[number].join(10)
    assert in_hand.wait(0)
