"""Which labels feedback may have: all of arXiv's categories, or those of models with labels of their own."""

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

_HINTS = 10  # in one request: a hint compares a label with each of thousands


@cache
def arxiv_categories() -> Taxonomy:
    """All that arXiv has or had: a paper's true categories need not be among those that a model knows."""
    return all_categories()


class KnownLabels:
    """The labels of the models that answer, and of others that requests may name where those have their own.

    `answering` are the taxonomies of the former, the default's first. `named` gives those of the latter; it is called
    when a label is none of the former's.
    """

    def __init__(self, answering: Sequence[Taxonomy], named: Callable[[], Iterable[Taxonomy]]) -> None:
        self._answering = list(dict.fromkeys(map(_whole, answering)))
        self._named = named
        self._hints = _HINTS

    @property
    def arxiv_alone(self) -> bool:
        """Whether no model has labels of its own."""
        return all(each is arxiv_categories() for each in self._sets())

    def find(self, text: str) -> Label:
        """The label of that text; one that no model has raises InvalidInputError."""
        with suppress(InvalidInputError):
            label = Label(text)
            if any(label in each for each in self._sets()):
                return label
        self._refuse(text)

    def of_one_set(self, labels: Sequence[Label]) -> tuple[Label, ...]:
        """Labels that `find` gave, as labels of the first model that has them all.

        Raises InvalidInputError where no model has them all.
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
