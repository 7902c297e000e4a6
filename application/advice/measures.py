"""The quality of advice on labelled papers."""

from collections.abc import Sequence
from math import nan

import numpy as np
from numpy.typing import NDArray

from application.advice.composition import Composition, composed, thresholds_of
from application.advice.primary import possible_primaries
from application.evaluate import probabilities_of
from domain.advice_fit import AdviceFit
from domain.filing_rules import filed_as, with_twins
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract
from domain.ports.classifier import Classifier
from domain.taxonomy import Taxonomy

Pairs = Sequence[tuple[LabelledAbstract, Composition]]


def advice_metrics(
    papers: Sequence[LabelledAbstract],
    probabilities: NDArray[np.floating],
    fit: AdviceFit | None,
    taxonomy: Taxonomy,
) -> dict[str, float]:
    """Returns the metrics by name; one without a paper to judge by is not a number.

    - `primary_accuracy`, `most_probable_accuracy`: of papers whose primary category the model has, how many get it as
      the primary, from the head and from the most probable category
    - `exact_sets`: of papers with some of the model's categories, how many are advised exactly these
    - `cross_list_precision`: of advised cross-lists, how many are among the authors' categories
    - `cross_list_recall`: of the authors' cross-lists, how many are advised, be it as the primary; both without the
      primary's twin
    - `outside_precision`, `outside_recall`: of papers said to be outside against those with none of the categories
    - `wrong_drops`: of the authors' categories, how many advice would drop
    - `wrong_swaps`, `found_swaps`: of primary categories that the model has, how many advice would swap: in the order
      of the authors, and where a cross-list that can be primary took the first place
    """
    advised = composed(fit, probabilities, taxonomy)
    pairs = list(zip(papers, advised, strict=True))
    known = frozenset(possible_primaries(taxonomy))
    factor = thresholds_of(fit).swap
    return {
        "primary_accuracy": _primary_accuracy(pairs, known),
        "most_probable_accuracy": _primary_accuracy(
            list(zip(papers, composed(None, probabilities, taxonomy), strict=True)), known
        ),
        "exact_sets": _share([own == _advised(each, taxonomy) for own, each in _sets(pairs, taxonomy) if own]),
        **_cross_lists(pairs, taxonomy),
        **_outside(pairs, taxonomy),
        "wrong_drops": _wrong_drops(papers, probabilities, thresholds_of(fit).drop, taxonomy),
        "wrong_swaps": _share(_swaps(pairs, factor, known)),
        "found_swaps": _share(_swaps_of_turned(pairs, factor, known)),
    }


def measured_advice(
    fit: AdviceFit | None, calibrated: Classifier, papers: Sequence[LabelledAbstract]
) -> dict[str, dict[str, float]]:
    """Returns the metrics under `advice`, as in a bundle's manifest. It is empty without a fit or without papers."""
    if fit is None or not papers:
        return {}
    found = probabilities_of(calibrated, [paper.abstract for paper in papers])
    return {"advice": advice_metrics(papers, found, fit, calibrated.taxonomy)}


def is_swapped(advised: Composition, chosen: Label, factor: float) -> bool:
    """Returns whether another primary category is `factor` times as probable as the chosen one, if that is known."""
    found = advised.primary_probabilities
    return chosen in found and chosen != advised.primary and found[advised.primary] >= factor * found[chosen]


def _primary_accuracy(pairs: Pairs, known: frozenset[Label]) -> float:
    true = [(filed_as(paper.primary), advised) for paper, advised in pairs]
    return _share([category == advised.primary for category, advised in true if category in known])


def _sets(pairs: Pairs, taxonomy: Taxonomy) -> list[tuple[set[Label], Composition]]:
    """Returns the authors' categories of the taxonomy, with their twins, beside what is advised."""
    return [(set(with_twins([c for c in p.categories if c in taxonomy], taxonomy)), each) for p, each in pairs]


def _advised(advised: Composition, taxonomy: Taxonomy) -> set[Label]:
    return {*with_twins([advised.primary], taxonomy), *advised.cross_lists}


def _cross_lists(pairs: Pairs, taxonomy: Taxonomy) -> dict[str, float]:
    right = advised = found = true = 0
    for (own, each), (paper, _) in zip(_sets(pairs, taxonomy), pairs, strict=True):
        said = set(each.cross_lists) - set(with_twins([each.primary], taxonomy))
        theirs = own - set(with_twins([filed_as(paper.primary)], taxonomy))
        right, advised = right + len(said & own), advised + len(said)
        found, true = found + len(theirs & _advised(each, taxonomy)), true + len(theirs)
    return {"cross_list_precision": _ratio(right, advised), "cross_list_recall": _ratio(found, true)}


def _outside(pairs: Pairs, taxonomy: Taxonomy) -> dict[str, float]:
    true = [not any(category in taxonomy for category in paper.categories) for paper, _ in pairs]
    said = [advised.outside for _, advised in pairs]
    hits = sum(left and right for left, right in zip(true, said, strict=True))
    return {"outside_precision": _ratio(hits, sum(said)), "outside_recall": _ratio(hits, sum(true))}


def _wrong_drops(
    papers: Sequence[LabelledAbstract], probabilities: NDArray[np.floating], least: float, taxonomy: Taxonomy
) -> float:
    own = [(row, column) for row, paper in enumerate(papers) for column in taxonomy.columns_of(paper.categories)]
    return _share([bool(probabilities[row, column] < least) for row, column in own])


def _swaps(pairs: Pairs, factor: float, known: frozenset[Label]) -> list[bool]:
    true = [(filed_as(paper.primary), advised) for paper, advised in pairs]
    return [is_swapped(advised, category, factor) for category, advised in true if category in known]


def _swaps_of_turned(pairs: Pairs, factor: float, known: frozenset[Label]) -> list[bool]:
    """Returns whether each paper is swapped when its first other category that can be primary is put first."""
    turned = []
    for paper, advised in pairs:
        others = [each for each in map(filed_as, paper.categories) if each in known and each != filed_as(paper.primary)]
        if others and filed_as(paper.primary) in known:
            turned.append(is_swapped(advised, others[0], factor))
    return turned


def _share(answers: Sequence[bool]) -> float:
    return _ratio(sum(answers), len(answers))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else nan
