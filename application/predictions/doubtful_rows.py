"""Finds abstracts that may have few words or letters of another script, without an object per abstract."""

import numpy as np
from numpy.typing import NDArray

from domain.abstract_batch import AbstractBatch, TextColumn

_HEAD_BYTES = 64
_WORDS = 4  # begun after a space within the head
_SPACE, _FIRST_OF_OTHERS = 32, 128

Counts = NDArray[np.intp]


def doubtful_rows(abstracts: AbstractBatch) -> set[int]:
    """Returns the rows whose abstract is not clearly English text of more than four words.

    A row is clear if the first bytes of its abstract begin four words after spaces, and contain more letters than
    title and abstract together contain bytes outside ASCII.
    """
    words, letters = _heads(abstracts.texts)
    others = _bytes_of_others(abstracts.texts) + _bytes_of_others(abstracts.titles)
    return set(((words < _WORDS) | (others >= letters)).nonzero()[0].tolist())


def _heads(texts: TextColumn) -> tuple[Counts, Counts]:
    """Returns the number of words after a space, and of ASCII letters, in the first bytes of each text."""
    data, offsets = np.asarray(texts.data).view(np.uint8), np.asarray(texts.offsets)
    places = offsets[:-1, None] + np.arange(_HEAD_BYTES)
    heads = data.take(places, mode="clip")
    heads[places >= offsets[1:, None]] = _SPACE
    words = (heads[:, 1:] > _SPACE) & (heads[:, 1:] < _FIRST_OF_OTHERS) & (heads[:, :-1] == _SPACE)
    lower = heads | np.uint8(32)
    letters = (lower >= ord("a")) & (lower <= ord("z"))
    return words.sum(axis=1), letters.sum(axis=1)


def _bytes_of_others(texts: TextColumn) -> Counts:
    """Returns the number of bytes outside ASCII in each text."""
    offsets = np.asarray(texts.offsets)
    places = (np.asarray(texts.bytes()).view(np.uint8) >= _FIRST_OF_OTHERS).nonzero()[0] + offsets[0]
    counts: Counts = np.diff(places.searchsorted(offsets))
    return counts
