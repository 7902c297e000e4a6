"""Port: finds texts that are nearly the same."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two texts by their numbers, `first` < `second`, and the share of three-word sequences that they have in common.

    `similarity` is the Jaccard similarity of the two sets of sequences, from 0 to 1.
    """

    first: int
    second: int
    similarity: float


class NearDuplicates(Protocol):
    """Finds the pairs of texts whose similarity is at least a bound. Case and punctuation do not count."""

    @abstractmethod
    def add(self, text: str) -> None:
        """Adds the next text. Texts are numbered from 0 in the order in which they are added."""

    @abstractmethod
    def pairs(self) -> Sequence[NearDuplicate]:
        """Returns pairs of texts, the most similar first. Every pair that is returned is within the bound.

        Of many texts that are alike, not every pair is returned, but each text with at least one other.
        """
