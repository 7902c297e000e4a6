"""The files or tables of a source, by their splits."""

import re
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from domain.errors import InvalidInputError
from domain.ports.dataset import Split

Part = TypeVar("Part")

_NAMES = {
    "train": Split.TRAIN,
    "validation": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "val": Split.VALIDATION,
    "dev": Split.VALIDATION,
    "test": Split.TEST,
}
# Matches `train.parquet` and shards such as `train-00000-of-00002.parquet`, which hubs write.
_STEM = re.compile(r"([a-z]+)(?:[-_.].*)?$")


def split_named(name: str) -> Split | None:
    """Returns the split with which the name of a file or part begins, or None."""
    found = _STEM.match(name.lower())
    return _NAMES.get(found[1]) if found else None


class Parts(Generic[Part]):
    """Parts in the order train, validation, test, followed by those without a split in their name."""

    def __init__(self, named: Iterable[tuple[str, Part]]) -> None:
        self._parts: dict[Split | None, list[Part]] = {}
        for name, part in named:
            self._parts.setdefault(split_named(name), []).append(part)

    @property
    def own_splits(self) -> tuple[Split, ...]:
        """The splits that have a part."""
        return tuple(split for split in Split if split in self._parts)

    def of(self, split: Split | None, source: str) -> list[Part]:
        """Returns the parts of one split, or all for None. Raises InvalidInputError if there are none."""
        if split is None:
            return [part for _, part in self]
        if split not in self._parts:
            raise no_such_split(source, split, self.own_splits)
        return self._parts[split]

    def __iter__(self) -> Iterator[tuple[Split | None, Part]]:
        for split in (*Split, None):
            for part in self._parts.get(split, ()):
                yield split, part


def no_such_split(source: str, split: Split, own: Iterable[Split] = ()) -> InvalidInputError:
    """Returns the error for a split that a source does not define."""
    return InvalidInputError(
        f"{source} has no {split} split of its own (it has {', '.join(own) or 'none'}). Split it by time or by hash."
    )
