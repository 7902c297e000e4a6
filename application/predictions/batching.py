"""Cuts a stream of abstracts into batches of one size."""

from collections.abc import Iterable, Iterator, Sequence

from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch, joined


def cut(abstracts: Iterable[Abstract | AbstractBatch], size: int) -> Iterator[Sequence[Abstract]]:
    """Yields the same abstracts in their order, `size` at a time and fewer at the end.

    A batch is yielded as soon as its last abstract is read, and is in columns if all of its abstracts are.
    """
    waiting: list[Sequence[Abstract]] = []
    missing = size
    for each in abstracts:
        rest: Sequence[Abstract] = each if isinstance(each, AbstractBatch) else (each,)
        while len(rest) >= missing:
            yield joined([*waiting, rest[:missing]])
            rest = rest[missing:]
            waiting, missing = [], size
        if rest:
            waiting.append(rest)
            missing -= len(rest)
    if waiting:
        yield joined(waiting)
