"""Worker processes, each of which predicts with its own classifier.

If the system can fork, a worker shares the memory of the model that its parent has loaded. Otherwise it opens the model
itself. Abstracts travel through pipes as columns or as JSON, probabilities as float32.
"""

import contextlib
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from threading import Thread
from typing import Any

import numpy as np
from typing_extensions import override

from adapters.classifier_pool.messages import packed, unpacked
from domain.abstract import Abstract
from domain.errors import ArxivClassifierError
from domain.ports.classifier import Classifier
from domain.ports.classifier_pool import ClassifierPool
from domain.prediction import PredictionBatch

CAN_FORK = sys.platform == "linux"
_AHEAD = 2  # batches of a worker at a time: one computed, one waiting
_DEATHS = 3  # how many workers may die with the same batch
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
Batch = Sequence[Abstract]


class ProcessPool(ClassifierPool):
    """Predicts in `workers` processes. A worker that dies is replaced, and its batches are predicted again.

    `classifier` is forked into the workers. If `fork` is false, each worker calls `open_classifier` instead, which must
    be a module's function, or a `functools.partial` of one, with arguments that can be pickled.
    """

    def __init__(
        self,
        classifier: Classifier,
        workers: int,
        *,
        open_classifier: Callable[[], Classifier],
        fork: bool = CAN_FORK,
    ) -> None:
        if workers < 1:
            raise ValueError(f"{workers} workers")
        self._classifier = classifier
        self._count = workers
        self._context: Any = multiprocessing.get_context("fork" if fork else "spawn")
        self._open = (lambda: classifier) if fork else open_classifier
        self._workers: list[_Worker] = []

    @override
    def predict_all(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, PredictionBatch]]:
        coming = iter(batches)
        waiting: deque[_Task] = deque()
        try:
            self._workers = [_Worker(self._context, self._open) for _ in range(self._count)]
            while True:
                while len(waiting) < _AHEAD * self._count and (batch := next(coming, None)) is not None:
                    waiting.append(_Task(batch))
                    self._give(waiting[-1])
                if not waiting:
                    return
                while waiting[0].answer is None:
                    self._receive()
                yield self._finished(waiting.popleft())
        finally:
            for worker in self._workers:
                worker.end()
            self._workers = []

    def pids(self) -> list[int]:
        """Returns the process ids of the current workers."""
        return [worker.process.pid for worker in self._workers]

    def _give(self, task: "_Task") -> None:
        """Sends a task to the worker with the fewest tasks."""
        worker = min(self._workers, key=lambda each: len(each.tasks))
        worker.tasks.append(task)
        with contextlib.suppress(OSError):  # the worker has died, which `_receive` handles
            worker.pipe.send_bytes(packed(task.batch))

    def _receive(self) -> None:
        """Waits for at least one answer and takes all that have arrived."""
        by_pipe = {worker.pipe: worker for worker in self._workers}
        for pipe in wait(list(by_pipe)):
            worker = by_pipe[pipe]  # type: ignore[index]  # only these were waited for
            try:
                answer = worker.pipe.recv_bytes()
            except (EOFError, OSError):
                self._replace(worker)
            else:
                worker.tasks.popleft().answer = answer

    def _replace(self, dead: "_Worker") -> None:
        """Starts a worker with the tasks of a dead one."""
        dead.end()
        self._workers.remove(dead)
        self._workers.append(_Worker(self._context, self._open))
        if dead.tasks:
            dead.tasks[0].deaths += 1
            if dead.tasks[0].deaths == _DEATHS:
                raise ArxivClassifierError(
                    f"{_DEATHS} worker processes ended while they predicted the same {len(dead.tasks[0].batch):,} "
                    f"abstracts; the last one {_ending(dead.process.exitcode)}. Free memory, or use --workers 1."
                )
        for task in dead.tasks:
            self._give(task)

    def _finished(self, task: "_Task") -> tuple[Batch, PredictionBatch]:
        taxonomy = self._classifier.taxonomy
        if not task.answer:  # the worker has failed, so the error is raised again here with its own type
            return task.batch, self._classifier.predict(task.batch)
        shape = len(task.batch), len(taxonomy)
        table = np.frombuffer(task.answer, np.float32, shape[0] * shape[1]).reshape(shape)
        unread = np.frombuffer(task.answer, np.int32, offset=table.nbytes)
        return task.batch, PredictionBatch(taxonomy, table.data, frozenset(unread.tolist()))


@dataclass(slots=True, eq=False)
class _Task:
    """A batch to predict.

    `answer` holds its probabilities in float32 and the numbers of its unread rows in int32. It is empty if the
    classifier failed.
    """

    batch: Batch
    answer: bytes | None = None
    deaths: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, the parent's end of its pipe, and its tasks in order."""

    context: Any
    open_classifier: Callable[[], Classifier]
    tasks: deque[_Task] = field(default_factory=deque)
    pipe: Connection = field(init=False)
    process: Any = field(init=False)

    def __post_init__(self) -> None:
        self.pipe, theirs = self.context.Pipe()
        self.process = self.context.Process(target=_work, args=(theirs, self.pipe, self.open_classifier), daemon=True)
        self.process.start()
        theirs.close()

    def end(self) -> None:
        """Ends the process."""
        self.pipe.close()
        self.process.kill()
        self.process.join()


def _work(pipe: Connection, other_end: Connection, open_classifier: Callable[[], Classifier]) -> None:
    """Answers each message with probabilities until the pipe is closed."""
    other_end.close()  # otherwise the pipe would not close with the parent
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _end_with_parent()
    messages: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_read, args=(pipe, messages), daemon=True).start()
    classifier = open_classifier()
    while message := messages.get():
        with contextlib.suppress(OSError):
            pipe.send_bytes(_answer(classifier, message))


def _read(pipe: Connection, messages: "SimpleQueue[bytes]") -> None:
    """Reads messages as they arrive, so that parent and worker never wait for each other."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            messages.put(pipe.recv_bytes())
    messages.put(b"")


def _answer(classifier: Classifier, message: bytes) -> bytes:
    try:
        batch = classifier.predict(unpacked(message))
        return bytes(batch.probabilities) + np.array(sorted(batch.unread), np.int32).tobytes()
    except Exception:  # the parent predicts the batch itself and sees why
        return b""


def _end_with_parent() -> None:
    """Makes the system end this process when its parent is killed, on Linux only."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"
