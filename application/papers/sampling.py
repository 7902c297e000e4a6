"""Uniform random samples of streams, in memory proportional to the sample."""

from collections.abc import Iterable
from random import Random
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Reservoir(Generic[Item]):
    """Keeps `size` of the items added, each with equal probability (Vitter 1985, algorithm R)."""

    def __init__(self, size: int, *, seed: int | str) -> None:
        self._size = size
        self._random = Random(seed)
        self._seen = 0
        self._kept: list[tuple[int, Item]] = []

    def add(self, item: Item) -> None:
        """Offers one item."""
        if self._seen < self._size:
            self._kept.append((self._seen, item))
        elif (place := self._random.randrange(self._seen + 1)) < self._size:
            self._kept[place] = (self._seen, item)
        self._seen += 1

    def items(self) -> list[Item]:
        """Returns the sample, in the order in which its items were added."""
        return [item for _, item in sorted(self._kept, key=lambda kept: kept[0])]


def uniform_sample(items: Iterable[Item], size: int | None, *, seed: int | str) -> list[Item]:
    """Returns a uniform random sample of at most `size` items in their order, or all items for None."""
    if size is None:
        return list(items)
    reservoir: Reservoir[Item] = Reservoir(size, seed=seed)
    for item in items:
        reservoir.add(item)
    return reservoir.items()
