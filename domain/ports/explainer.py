"""Port: something that says which words a probability comes from."""

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
    def attribute(self, abstract: Abstract, *, checkpoint: Checkpoint = go_on) -> Attribution:
        """The contributions of the abstract's terms; `checkpoint` is as in `Explainer.explain`."""


@runtime_checkable
class Reader(Protocol):
    """Says what of a paper a classifier reads, where it does not read all of it."""

    @abstractmethod
    def read_spans(self, abstract: Abstract) -> tuple[Span, ...]:
        """The parts of title and abstract that are read, in their order.

        A word outside them changes no probability of the classifier when it is left out.
        """


class Explainer(Protocol):
    """Explains the probabilities that users see."""

    @abstractmethod
    def explain(
        self, abstract: Abstract, categories: Sequence[Label], *, checkpoint: Checkpoint = go_on
    ) -> tuple[Explanation, ...]:
        """One explanation for each of the categories, in their order; an unknown one is an InvalidInputError.

        `checkpoint` is called in the caller's thread before each part of the work, at least every half second or so on
        a slow laptop for a minilm. It may raise to stop the work: its error comes out of `explain` as it is, and the
        explainer can be used again.
        """
