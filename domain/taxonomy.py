"""The categories that a model knows, in column order."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from domain.category import Category
from domain.errors import InvalidInputError
from domain.label import Label, LabelSet
from domain.spelling import nearest


@dataclass(frozen=True, slots=True)
class CategoryInfo:
    """The description of one category by arXiv, or of one label by its owner.

    `started` and `retired` are the first and the last month (YYYY-MM) in which papers were filed there.
    `alias` is the twin that arXiv lists automatically (math.MP for math-ph, and the reverse).
    """

    category: Label
    name: str
    group: str
    description: str = ""
    alias: Label | None = None
    started: str | None = None
    retired: str | None = None


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Ordered unique categories. Position i is column i of every array of targets and probabilities."""

    infos: tuple[CategoryInfo, ...]
    _columns: dict[Label, int] = field(init=False, repr=False, compare=False)
    _categories: tuple[Label, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        columns = {info.category: column for column, info in enumerate(self.infos)}
        if not columns:
            raise InvalidInputError("A taxonomy needs at least one category.")
        if len(columns) != len(self.infos):
            raise InvalidInputError(f"The taxonomy lists {_first_repeated(self.infos)} twice. List each category once.")
        object.__setattr__(self, "_columns", columns)
        object.__setattr__(self, "_categories", tuple(columns))

    @property
    def categories(self) -> tuple[Label, ...]:
        """All categories in column order."""
        return self._categories

    @property
    def label_set(self) -> LabelSet:
        """The label set: categories of arXiv, or the owner's own labels."""
        arxiv = all(isinstance(info.category, Category) for info in self.infos)
        return LabelSet.ARXIV if arxiv else LabelSet.OWN

    def __len__(self) -> int:
        return len(self.infos)

    def __iter__(self) -> Iterator[Label]:
        return iter(self.categories)

    def __contains__(self, category: object) -> bool:
        return category in self._columns

    def column(self, category: Label) -> int:
        """Returns the column of a category.

        Raises InvalidInputError for an unknown category, with the known one that it may misspell.
        """
        try:
            return self._columns[category]
        except KeyError:
            raise InvalidInputError(self._unknown(category)) from None

    def columns_of(self, categories: Iterable[Label]) -> tuple[int, ...]:
        """Returns the columns of the categories that this taxonomy knows. Others are left out."""
        known = self._columns
        return tuple(known[category] for category in categories if category in known)

    def alias_pairs(self) -> tuple[tuple[int, int], ...]:
        """Returns the columns (i, j), i < j, of every category and its twin that are both in the taxonomy."""
        linked = [(c, self._columns[info.alias]) for c, info in enumerate(self.infos) if info.alias in self._columns]
        return tuple(sorted({(min(pair), max(pair)) for pair in linked if pair[0] != pair[1]}))

    def subset(self, categories: Iterable[Label]) -> "Taxonomy":
        """Returns a taxonomy of these categories in this order."""
        return Taxonomy(tuple(self.infos[self.column(category)] for category in categories))

    def fingerprint(self) -> str:
        """Returns the SHA-256 (hex) of column order and aliases. It is equal exactly if all columns mean the same."""
        columns = [[info.category.identifier, info.alias and info.alias.identifier] for info in self.infos]
        return hashlib.sha256(json.dumps(columns).encode()).hexdigest()

    def _unknown(self, category: Label) -> str:
        near = nearest(category.identifier, [known.identifier for known in self._columns])
        hint = f" The nearest is {near}." if near else ""
        return f"The taxonomy of {len(self)} categories has no {category}.{hint}"


def _first_repeated(infos: tuple[CategoryInfo, ...]) -> Label:
    seen: set[Label] = set()
    return next(info.category for info in infos if info.category in seen or seen.add(info.category))  # type: ignore[func-returns-value]  # set.add returns None on purpose
