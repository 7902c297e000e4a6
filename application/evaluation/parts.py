"""Parts of the evaluated papers: by archive, number of categories, month and length."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.evaluation.outcome import Outcome
from domain.category import Category
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import Taxonomy

ARCHIVE, CATEGORIES, MONTH, YEAR, WORDS = "archive", "categories", "month", "year", "words"
_MOST_CATEGORIES = 5
# With more months than this, papers are parted by year.
_MOST_MONTHS = 60
_LENGTHS = (50, 100, 150, 200, 250)


@dataclass(frozen=True, slots=True)
class Part:
    """Some papers: what they are parted by, their common value, and their positions in the outcome."""

    by: str
    name: str
    papers: NDArray[np.intp]


def parts_of(papers: Sequence[LabelledAbstract], outcome: Outcome) -> tuple[Part, ...]:
    """Returns the parts of an outcome's papers. `papers` are those that were read.

    Papers without a month are in no part by month. The archive is that of the first-listed category.
    """
    chosen = [papers[row] for row in outcome.rows]
    months = [paper.month for paper in chosen]
    by_year = len({month for month in months if month}) > _MOST_MONTHS
    return (
        *_parted(ARCHIVE, [archive_of(paper.primary, outcome.taxonomy) for paper in chosen]),
        *_parted(CATEGORIES, [_counted(int(number)) for number in outcome.targets.sum(axis=1)]),
        *_parted(YEAR if by_year else MONTH, [month and month[: 4 if by_year else 7] for month in months]),
        *_parted(WORDS, [_length(len(paper.abstract.text.split())) for paper in chosen]),
    )


def archive_of(label: Label, taxonomy: Taxonomy) -> str | None:
    """Returns the archive of a category of arXiv, or the group of another label if it is known."""
    if isinstance(label, Category):
        return label.archive
    return taxonomy.infos[taxonomy.column(label)].group or None if label in taxonomy else None


def _parted(by: str, values: Sequence[tuple[int, str] | str | None]) -> list[Part]:
    places: dict[Hashable, list[int]] = {}
    for place, value in enumerate(values):
        if value is not None:
            places.setdefault(value, []).append(place)
    order = sorted(places, key=str if by in (MONTH, YEAR) else lambda value: _rank(value, len(places[value])))
    return [Part(by, _named(value), np.array(places[value])) for value in order]


def _rank(value: Hashable, size: int) -> tuple[int, str]:
    """Returns the place of a part: numbers by their size, archives by their papers, the largest first."""
    return (value[0], "") if isinstance(value, tuple) else (-size, str(value))


def _named(value: Hashable) -> str:
    return str(value[1]) if isinstance(value, tuple) else str(value)


def _counted(number: int) -> tuple[int, str]:
    return (number, str(number)) if number < _MOST_CATEGORIES else (_MOST_CATEGORIES, f"{_MOST_CATEGORIES} or more")


def _length(words: int) -> tuple[int, str]:
    place = int(np.searchsorted(_LENGTHS, words, side="right"))
    if place == len(_LENGTHS):
        return place, f"{_LENGTHS[-1]} or more"
    return place, f"{_LENGTHS[place - 1] if place else 0} to {_LENGTHS[place] - 1}"
