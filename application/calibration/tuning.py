"""Tunes a classifier's calibration and thresholds on validation papers, read with and without their titles."""

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
    """Validation papers, each as two rows: first all with titles, then all without.

    `abstracts`, `targets` and `papers` have one entry per row. `papers` has the number of the row's paper. `weights`
    has one number per row, with mean 1, or is None if all papers count alike.
    """

    taxonomy: Taxonomy
    abstracts: list[Abstract]
    targets: NDArray[np.uint8]
    papers: NDArray[np.intp]
    weights: Weights = None


def tuning_papers(papers: Sequence[LabelledAbstract], taxonomy: Taxonomy) -> TuningPapers:
    """Returns the papers, each with and without its title."""
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
    """Returns the raw probabilities calibrated in the form of `calibration`, each paper by a fit without it."""
    unseen = out_of_fold(papers.targets, raw, papers.papers, form_of(calibration), papers.weights)
    average_twins(unseen, twins_of(papers.taxonomy))
    return unseen


def tune(papers: TuningPapers, raw: NDArray[np.float32]) -> tuple[Calibration, Thresholds]:
    """Returns the calibration of the raw probabilities, and the thresholds tuned on out-of-fold calibrated ones."""
    found = tuned(papers, raw)
    return found.calibration, found.thresholds


@dataclass(frozen=True, slots=True)
class Tuned:
    """A calibration, the thresholds, and the out-of-fold calibrated probabilities, one row for each abstract."""

    calibration: Calibration
    thresholds: Thresholds
    unseen: NDArray[np.float32]


def tuned(papers: TuningPapers, raw: NDArray[np.float32]) -> Tuned:
    """Returns what `tune` does, with the probabilities that the thresholds were tuned on."""
    fit, unseen = _chosen(papers, raw)
    common = tune_global_threshold(papers.targets, unseen, papers.weights)
    # Each paper has two rows, with and without its title, and counts once.
    halves = np.full(len(unseen), 0.5)
    own = category_thresholds(unseen, common, halves if papers.weights is None else papers.weights / 2)
    by_category = dict(zip(papers.taxonomy.categories, own, strict=True))
    return Tuned(fit(papers.targets, raw, papers.weights), Thresholds(common, by_category), unseen)


def _chosen(papers: TuningPapers, raw: NDArray[np.float32]) -> tuple[Fit, NDArray[np.float32]]:
    fit, unseen = choose_calibration(papers.targets, raw, papers.papers, papers.weights)
    average_twins(unseen, twins_of(papers.taxonomy))
    return fit, unseen
