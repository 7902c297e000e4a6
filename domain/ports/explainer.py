"""Port: something that says which words a probability comes from."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.abstract import Abstract
from domain.category import Category
from domain.explanation import Explanation, Span
from domain.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Attribution:
    """What each term of one paper adds to the raw logit of every category.

    `contributions` is a C-contiguous float32 buffer of shape (terms, categories), `base` one of shape (1, categories):
    the logits of a paper without words. Down its columns, base and contributions add up to the raw logits within 1e-3.
    """

    taxonomy: Taxonomy
    method: str
    terms: tuple[str, ...]
    spans: tuple[tuple[Span, ...], ...]
    contributions: memoryview
    base: memoryview


class Attributor(Protocol):
    """Takes a classifier's raw logits apart, exactly."""

    @abstractmethod
    def attribute(self, abstract: Abstract) -> Attribution:
        """The contributions of the abstract's terms."""


class Explainer(Protocol):
    """Explains the probabilities that users see."""

    @abstractmethod
    def explain(self, abstract: Abstract, categories: Sequence[Category]) -> tuple[Explanation, ...]:
        """One explanation for each of the categories, in their order; an unknown one is an InvalidInputError."""
