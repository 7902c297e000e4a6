"""Counts of words in hashed buckets, by which the texts of two samples are compared."""

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from domain.abstract import Abstract

BUCKETS = 512
_WORD = re.compile(r"[^\W\d_]{2,}")


def word_counts(abstracts: Sequence[Abstract]) -> NDArray[np.float32]:
    """Returns how many distinct words of each paper fall into each of 512 buckets, shape (papers, 512).

    Words are runs of at least two letters, without case.
    """
    counts = np.zeros((len(abstracts), BUCKETS), np.float32)
    for row, abstract in enumerate(abstracts):
        buckets = [crc32(word.encode()) % BUCKETS for word in set(words_of(abstract))]
        counts[row] = np.bincount(buckets, minlength=BUCKETS) if buckets else 0
    return counts


def words_of(abstract: Abstract) -> list[str]:
    """Returns the words of title and abstract in lower case."""
    return _WORD.findall(f"{abstract.title or ''} {abstract.text}".casefold())
