"""An engine without processes, to which all that it gets must be picklable."""

import pickle
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from typing_extensions import override

from domain.ports.engine import Engine, Item, Result


class FakeEngine(Engine):
    """Does `ahead` items at a time, the last one first."""

    def __init__(self, ahead: int = 3) -> None:
        self._ahead = ahead
        self.read = 0

    @override
    def map(self, open_worker: Callable[[], Callable[[Item], Result]], items: Iterable[Item]) -> Iterator[Result]:
        worker = pickle.loads(pickle.dumps(open_worker))()
        remaining = iter(items)
        while some := list(islice(remaining, self._ahead)):
            self.read += len(some)
            for item in reversed(some):
                yield pickle.loads(pickle.dumps(worker(pickle.loads(pickle.dumps(item)))))


def fake_engine(address: str | None, *, cores: int) -> FakeEngine:
    """Returns an engine in place of Ray's."""
    return FakeEngine(cores)
