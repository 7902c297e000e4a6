"""Ports: explainers, which name the words that a probability comes from."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.explanation import Explanation, Span
from domain.label import Label
from domain.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Attribution:
    """The amount that each term of one paper adds to the raw logit of every category.

    `contributions` is a C-contiguous float32 buffer of shape (terms, categories). `base` has shape (1, categories) and
    holds the logits of a paper without words. The sum of base and contributions equals the raw logits within 1e-3.
    """

    taxonomy: Taxonomy
    method: str
    terms: tuple[str, ...]
    spans: tuple[tuple[Span, ...], ...]
    contributions: memoryview
    base: memoryview


class Attributor(Protocol):
    """Splits a classifier's raw logits exactly into the contributions of terms."""

    @abstractmethod
    def attribute(self, abstract: Abstract, *, checkpoint: Checkpoint = go_on) -> Attribution:
        """Returns the contributions of the abstract's terms. `checkpoint` works as in `Explainer.explain`."""


@runtime_checkable
class Reader(Protocol):
    """Tells which parts of a paper a classifier reads, if it does not read all of them."""

    @abstractmethod
    def read_spans(self, abstract: Abstract) -> tuple[Span, ...]:
        """Returns the parts of title and abstract that are read, in their order.

        Leaving out a word outside them changes no probability.
        """


class Explainer(Protocol):
    """Explains the probabilities that users see."""

    @abstractmethod
    def explain(
        self, abstract: Abstract, categories: Sequence[Label], *, checkpoint: Checkpoint = go_on
    ) -> tuple[Explanation, ...]:
        """Returns one explanation per category, in the order given. Raises InvalidInputError for an unknown category.

        `checkpoint` is called in the caller's thread between parts of the work, about every half second for a minilm on
        a slow laptop. An error that it raises is passed on, and the explainer can be used again.
        """
