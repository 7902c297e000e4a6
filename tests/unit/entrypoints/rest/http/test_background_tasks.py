"""Work in the background."""

import threading

from entrypoints.rest.http.background_tasks import BackgroundTasks


def test_jobs_are_done_in_order() -> None:
    """Every job is done, and the end waits for those that are there."""
    done: list[int] = []
    work = BackgroundTasks("test", done.append, most=100)
    assert all(work.submit(number) for number in range(100))
    work.close(10, finish=True)
    assert done == list(range(100))


def test_without_room_a_job_is_refused() -> None:
    """While one is in hand and as many wait as may, the next is refused at once."""
    go, begun = threading.Event(), threading.Event()

    def handle(_: int) -> None:
        begun.set()
        go.wait(10)

    work = BackgroundTasks("test", handle, most=2)
    assert work.submit(0)
    begun.wait(10)
    assert [work.submit(number) for number in range(1, 5)] == [True, True, False, False]
    go.set()
    work.close(10, finish=True)


def test_what_waits_is_given_up() -> None:
    """An end that does not finish waits for the job in hand and no other."""
    go, begun, done = threading.Event(), threading.Event(), []

    def handle(job: int) -> None:
        begun.set()
        go.wait(10)
        done.append(job)

    work = BackgroundTasks("test", handle, most=2)
    for number in range(3):
        work.submit(number)
        begun.wait(10)
    threading.Timer(0.1, go.set).start()
    work.close(10, finish=False)
    assert done == [0]
    assert not work.submit(9)


def test_nothing_was_begun() -> None:
    """To end what never had a job takes no time."""
    BackgroundTasks("test", print, most=1).close(10, finish=True)
