"""The probabilities from which verdicts are given, tuned on validation papers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from application.advice.primary import outside_probability
from application.advice.softmax_regression import Floats
from application.calibration.threshold_tuning import tune_global_threshold
from application.papers.targets import targets_of
from domain.advice_fit import AdviceThresholds
from domain.filing_rules import filed_as, with_twins
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import Taxonomy

# The least share of papers called outside that are outside.
OUTSIDE_PRECISION = 0.8
# The least share of proposed categories that the authors chose too.
ADD_PRECISION = 0.75
# The largest shares of true categories that get `drop`, and of true primary categories that get `swap`.
WRONG_DROPS, WRONG_SWAPS = 0.02, 0.03
# Fewer papers than this are not enough to know a precision by.
_LEAST_HITS = 20


def tune_verdicts(
    papers: Sequence[LabelledAbstract],
    probabilities: NDArray[np.floating],
    primary: Floats,
    primaries: Sequence[Label],
    taxonomy: Taxonomy,
) -> AdviceThresholds:
    """Returns the thresholds for calibrated probabilities (papers, categories) and those of primaries as given.

    A threshold for which there are too few papers keeps its default. Without papers outside, no paper is called
    outside.
    """
    known = AdviceThresholds()
    targets = targets_of(papers, taxonomy).astype(np.bool_)
    outside = _precise(
        np.logical_not(targets.any(axis=1)), outside_probability(probabilities, taxonomy), OUTSIDE_PRECISION
    )
    held, true = probabilities[targets], primary_margins(papers, primary, primaries)
    add = _precise(targets.ravel(), probabilities.ravel(), ADD_PRECISION)
    cross_list = _cross_list(papers, targets, probabilities, taxonomy)
    drop = float(np.quantile(held, WRONG_DROPS)) if len(held) >= _LEAST_HITS / WRONG_DROPS else known.drop
    swap = float(np.exp(np.quantile(true, 1 - WRONG_SWAPS))) if len(true) >= _LEAST_HITS / WRONG_SWAPS else known.swap
    return AdviceThresholds(
        outside=1.0 if outside is None else outside,
        cross_list=cross_list,
        add=max(cross_list, known.add if add is None else add),
        drop=min(drop, cross_list),
        swap=max(1.0, swap),
    )


def primary_margins(papers: Sequence[LabelledAbstract], primary: Floats, primaries: Sequence[Label]) -> Floats:
    """Returns log(p / q) of papers with a known primary category: p of the most probable primary, q of the true one."""
    numbers = {category: number for number, category in enumerate(primaries)}
    true = [numbers.get(filed_as(paper.primary), -1) for paper in papers]
    rows = np.flatnonzero(np.array(true) >= 0)
    held = np.maximum(primary[rows], 1e-12)
    margins: Floats = np.log(held.max(axis=1) / held[np.arange(len(rows)), np.array(true)[rows]])
    return margins


def _cross_list(
    papers: Sequence[LabelledAbstract],
    targets: NDArray[np.bool_],
    probabilities: NDArray[np.floating],
    taxonomy: Taxonomy,
) -> float:
    """Returns the threshold with the highest F1 over each paper's categories but its primary one and its twin."""
    others, scores = targets.copy(), probabilities.copy()
    for row, paper in enumerate(papers):
        columns = list(taxonomy.columns_of(with_twins([filed_as(paper.primary)], taxonomy)))
        others[row, columns], scores[row, columns] = False, 0
    return tune_global_threshold(others, scores)


def _precise(truth: NDArray[np.bool_], scores: NDArray[np.floating], precision: float) -> float | None:
    """Returns the lowest score at and above which that share is true, with at least 20 hits, or None."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    good = np.flatnonzero((hits >= precision * np.arange(1, len(order) + 1)) & (hits >= _LEAST_HITS))
    return float(scores[order[good[-1]]]) if len(good) else None
