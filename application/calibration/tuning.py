"""Calibration and threshold of a classifier, from validation papers read once with and once without their titles."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.calibration.category_thresholds import category_thresholds
from application.calibration.form_choice import Fit, choose_calibration, form_of, out_of_fold
from application.calibration.platt_scaling import average_twins, twins_of
from application.calibration.threshold_tuning import tune_global_threshold
from application.papers.sample_weights import Weights, ratios_of
from application.papers.targets import targets_of
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class TuningPapers:
    """Each paper twice: `abstracts` with titles, then the same without; `targets` and `papers` have a row for each.

    `papers` numbers the paper that a row is of. `weights` has one number for each row, with mean 1, or is None when
    all papers count alike.
    """

    taxonomy: Taxonomy
    abstracts: list[Abstract]
    targets: NDArray[np.uint8]
    papers: NDArray[np.intp]
    weights: Weights = None


def tuning_papers(papers: Sequence[LabelledAbstract], taxonomy: Taxonomy) -> TuningPapers:
    """Those papers, each with and without its title."""
    titled = [paper.abstract for paper in papers]
    untitled = [abstract.without_title() for abstract in titled]
    targets = targets_of(papers, taxonomy)
    numbers = np.tile(np.arange(len(papers)), 2)
    weights = ratios_of(papers)
    twice = None if weights is None else np.tile(weights, 2)
    return TuningPapers(taxonomy, [*titled, *untitled], np.concatenate((targets, targets)), numbers, twice)


def unseen_probabilities(
    papers: TuningPapers, raw: NDArray[np.float32], calibration: Calibration
) -> NDArray[np.float32]:
    """The raw probabilities calibrated, each paper's by one of the given calibration's form that did not see it."""
    unseen = out_of_fold(papers.targets, raw, papers.papers, form_of(calibration), papers.weights)
    average_twins(unseen, twins_of(papers.taxonomy))
    return unseen


def tune(papers: TuningPapers, raw: NDArray[np.float32]) -> tuple[Calibration, Thresholds]:
    """The calibration of the raw probabilities, and the thresholds for what it makes of papers it did not see."""
    fit, unseen = _chosen(papers, raw)
    common = tune_global_threshold(papers.targets, unseen, papers.weights)
    # Each paper is there twice, with and without its title, and counts once.
    halves = np.full(len(unseen), 0.5)
    own = category_thresholds(unseen, common, halves if papers.weights is None else papers.weights / 2)
    by_category = dict(zip(papers.taxonomy.categories, own, strict=True))
    return fit(papers.targets, raw, papers.weights), Thresholds(common, by_category)


def _chosen(papers: TuningPapers, raw: NDArray[np.float32]) -> tuple[Fit, NDArray[np.float32]]:
    fit, unseen = choose_calibration(papers.targets, raw, papers.papers, papers.weights)
    average_twins(unseen, twins_of(papers.taxonomy))
    return fit, unseen
