"""A paper's primary category and cross-lists, as arXiv would take them, from a model's probabilities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.advice.primary import outside_probability, primary_probabilities
from domain.advice_fit import AdviceFit, AdviceThresholds
from domain.filing_rules import cross_lists
from domain.label import Label
from domain.taxonomy import Taxonomy

NOT_FITTED = AdviceThresholds()


@dataclass(frozen=True, slots=True)
class Composition:
    """The best advice that the model has for one paper, including a paper that is `outside`.

    `primary_probabilities` has every category that can be primary. `beyond` is the probability that the primary
    category is one that the model lacks, `none` that the paper has none of the model's categories.
    """

    primary: Label
    primary_probabilities: dict[Label, float]
    cross_lists: tuple[Label, ...]
    outside: bool
    beyond: float
    none: float


def thresholds_of(fit: AdviceFit | None) -> AdviceThresholds:
    """Returns the thresholds of a fit, the defaults for None."""
    return NOT_FITTED if fit is None else fit.thresholds


def composed(fit: AdviceFit | None, probabilities: NDArray[np.floating], taxonomy: Taxonomy) -> list[Composition]:
    """Returns what is advised for each row of calibrated probabilities, shape (papers, categories)."""
    found = primary_probabilities(None if fit is None else fit.head, probabilities, taxonomy)
    none = outside_probability(probabilities, taxonomy)
    cut = thresholds_of(fit)
    rows = zip(probabilities, found.table, found.beyond.tolist(), none.tolist(), strict=True)
    compositions = []
    for row, table, beyond, missing in rows:
        primary = found.primaries[int(table.argmax())]
        wanted = _wanted(row, cut.cross_list, taxonomy)
        by_category = dict(zip(found.primaries, table.tolist(), strict=True))
        listed = cross_lists(primary, wanted, taxonomy)
        compositions.append(Composition(primary, by_category, listed, missing >= cut.outside, beyond, missing))
    return compositions


def _wanted(row: NDArray[np.floating], least: float, taxonomy: Taxonomy) -> list[Label]:
    order = np.argsort(-row, kind="stable")
    return [taxonomy.categories[column] for column in order.tolist() if row[column] >= least]
