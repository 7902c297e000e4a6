"""Fits what a model needs for advice, on validation papers alone: the primary category's head, and the thresholds."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from application.advice.primary import (
    logits_of,
    possible_primaries,
    start_of,
)
from application.advice.softmax_regression import Floats, fit_softmax, softmax
from application.advice.verdict_thresholds import tune_verdicts
from application.papers.sample_weights import Weights, ratios_of
from domain.advice_fit import AdviceFit, PrimaryHead
from domain.filing_rules import filed_as
from domain.label import Label, LabelSet
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import Taxonomy

# Fewer papers with a primary category of the model do not tell the head from the most probable category.
LEAST_PAPERS = 200
# One over the variance of the prior around "the most probable category", on logits of standard deviation 1.
_PRECISIONS = (30.0, 100.0, 300.0)


def fit_advice(
    papers: Sequence[LabelledAbstract], probabilities: NDArray[np.floating], taxonomy: Taxonomy
) -> AdviceFit | None:
    """Returns the fit to calibrated probabilities of shape (papers, categories) by a calibration that did not see them.

    The prior's strength is the one of three whose head gives the primary categories of the other half of the papers the
    lowest log loss. The thresholds are tuned on what these heads say of papers that they did not see. Returns None
    where the labels are not arXiv's, or where fewer than 200 papers have a primary category of the model.
    """
    if taxonomy.label_set != LabelSet.ARXIV:
        return None
    primaries = possible_primaries(taxonomy)
    classes = primary_classes(papers, primaries)
    if (classes < len(primaries)).sum() < LEAST_PAPERS:
        return None
    weights = ratios_of(papers)
    logits = logits_of(probabilities[:, [taxonomy.column(each) for each in primaries]].astype(np.float64))
    precision, unseen = _chosen(logits, classes, weights)
    thresholds = tune_verdicts(papers, probabilities, unseen[:, :-1], primaries, taxonomy)
    return AdviceFit(_head(primaries, *_fitted(logits, classes, precision, weights)), thresholds)


def primary_classes(papers: Sequence[LabelledAbstract], primaries: Sequence[Label]) -> NDArray[np.intp]:
    """Returns the number of each paper's primary category among `primaries`, their count for one that is not there."""
    numbers = {category: number for number, category in enumerate(primaries)}
    found = [numbers.get(paper.primary, numbers.get(filed_as(paper.primary), len(primaries))) for paper in papers]
    return np.array(found, np.intp)


def _chosen(logits: Floats, classes: NDArray[np.intp], weights: Weights) -> tuple[float, Floats]:
    """Returns the precision with the lowest log loss on papers left out, and the probabilities of these papers."""
    tried = {precision: _out_of_fold(logits, classes, precision, weights) for precision in _PRECISIONS}
    best = min(tried, key=lambda precision: _log_loss(tried[precision], classes, weights))
    return best, tried[best]


def _out_of_fold(logits: Floats, classes: NDArray[np.intp], precision: float, weights: Weights) -> Floats:
    found = np.empty((len(logits), logits.shape[1] + 1))
    for fold in range(2):
        inside = np.arange(len(logits)) % 2 == fold
        seen = None if weights is None else weights[~inside]
        rows, intercepts = _fitted(logits[~inside], classes[~inside], precision, seen)
        found[inside] = softmax(start_of(logits[inside]) + logits[inside] @ rows.T + intercepts)
    return found


def _fitted(logits: Floats, classes: NDArray[np.intp], precision: float, weights: Weights) -> tuple[Floats, Floats]:
    """Returns the head's weights and intercepts for logits as they are."""
    center, spread = logits.mean(axis=0), np.maximum(logits.std(axis=0), 1e-6)
    rows, intercepts = fit_softmax((logits - center) / spread, start_of(logits), classes, precision, weights)
    scaled = rows / spread[:, None]
    return scaled.T, intercepts - center @ scaled


def _log_loss(probabilities: Floats, classes: NDArray[np.intp], weights: Weights) -> float:
    losses = -np.log(np.maximum(probabilities[np.arange(len(classes)), classes], 1e-12))
    return float(np.average(losses, weights=weights))


def _head(primaries: tuple[Label, ...], weights: Floats, intercepts: Floats) -> PrimaryHead:
    """Returns the head with numbers as a bundle keeps them, in float32."""
    rows = weights.astype(np.float32).tolist()
    return PrimaryHead(primaries, tuple(map(tuple, rows)), tuple(intercepts.astype(np.float32).tolist()))
