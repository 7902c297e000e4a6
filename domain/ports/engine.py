"""Port: does work in several processes, on one machine or on many."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """Processes that each open one worker, and give it items of work."""

    @abstractmethod
    def map(self, open_worker: Callable[[], Callable[[Item], Result]], items: Iterable[Item]) -> Iterator[Result]:
        """Yields the result of each item, in the order in which they are done. Items are read as processes need them.

        `open_worker`, items and results can be pickled. A process that dies is replaced, and its items are done again.
        An ArxivClassifierError of a worker is raised here with its sentence.
        """
