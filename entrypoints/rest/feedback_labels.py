"""The labels that feedback may have: all arXiv categories, or those of models with labels of their own."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache, cached_property
from itertools import chain
from typing import NoReturn

from domain.category import Category
from domain.errors import InvalidInputError
from domain.label import Label, LabelSet
from domain.spelling import nearest
from domain.taxonomy import Taxonomy
from entrypoints.taxonomies import all_categories

_HINTS = 10  # per request, because a hint compares a label with thousands of others


@cache
def arxiv_categories() -> Taxonomy:
    """Returns all current and retired arXiv categories. A paper's true categories may be unknown to the model."""
    return all_categories()


class KnownLabels:
    """The labels of the models that answer, and of other models with labels of their own that requests may name.

    `answering` has the taxonomies of the models that answer, the default's first. `named` returns those of the others.
    It is called when a label belongs to no answering model.
    """

    def __init__(self, answering: Sequence[Taxonomy], named: Callable[[], Iterable[Taxonomy]]) -> None:
        self._answering = list(dict.fromkeys(map(_whole, answering)))
        self._named = named
        self._hints = _HINTS

    @property
    def arxiv_alone(self) -> bool:
        """Returns whether no model has labels of its own."""
        return all(each is arxiv_categories() for each in self._sets())

    def find(self, text: str) -> Label:
        """Returns the label of that text. Raises InvalidInputError if no model has it."""
        with suppress(InvalidInputError):
            label = Label(text)
            if any(label in each for each in self._sets()):
                return label
        self._refuse(text)

    def of_one_set(self, labels: Sequence[Label]) -> tuple[Label, ...]:
        """Returns labels from `find` as labels of the first model that has them all.

        Raises InvalidInputError if no model has them all.
        """
        for each in self._sets():
            if all(label in each for label in labels):
                parse = Category.parse if each is arxiv_categories() else Label.parse
                return tuple(parse(str(label)) for label in labels)
        raise InvalidInputError("No model has all of these labels. Send labels of one label set.")

    def _sets(self) -> Iterator[Taxonomy]:
        yield from self._answering
        yield from self._own_of_others

    @cached_property
    def _own_of_others(self) -> Sequence[Taxonomy]:
        found = dict.fromkeys(each for each in self._named() if each.label_set == LabelSet.OWN)
        return [each for each in found if each not in self._answering]

    def _refuse(self, text: str) -> NoReturn:
        self._hints -= 1
        if not self.arxiv_alone:
            raise InvalidInputError(f"No model here has the label {Label(text)}.{self._hint(text)}")
        category = Category(text)
        if self._hints >= 0:
            arxiv_categories().column(category)
        raise InvalidInputError(f"arXiv has no category {category}.")

    def _hint(self, text: str) -> str:
        near = nearest(text, map(str, chain.from_iterable(self._sets()))) if self._hints >= 0 else None
        return f" Did you mean {near}?" if near else " GET /api/v1/categories/ lists those of the default model."


def _whole(taxonomy: Taxonomy) -> Taxonomy:
    return taxonomy if taxonomy.label_set == LabelSet.OWN else arxiv_categories()
