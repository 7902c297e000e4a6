"""Probabilities of papers from models that did not learn from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application.audit.duplicates import Duplicates, group_numbers
from application.audit.opinion import Opinion, PapersBySplit
from application.calibration.platt_scaling import CalibratedClassifier
from application.calibration.threshold_tuning import tune_global_threshold
from application.calibration.tuning import tune, tuning_papers
from application.evaluate import probabilities_of
from application.papers.label_checks import refuse_unlabelled
from application.papers.splitting import Splits
from application.papers.targets import targets_of
from application.train import validation_score
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.classifier import FitSession, TrainableClassifier
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds

_VALIDATION_SHARE = 0.1

Folds = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Trains one model per fold on the papers of the other folds, and predicts the papers of the fold with it.

    `new_classifier` returns an untrained classifier for a taxonomy. A tenth of each model's papers calibrate it.
    `workspace` is a folder for checkpoints. `on_fold` is called with the number of each fold, from 1, before its
    training.
    """

    new_classifier: Callable[[Taxonomy], TrainableClassifier]
    taxonomy_of: Callable[[Sequence[LabelledAbstract]], Taxonomy]
    workspace: Path
    folds: int
    seed: int
    on_fold: Callable[[int], None] = lambda number: None

    def __call__(self, read: PapersBySplit, duplicates: Duplicates) -> Opinion:
        """Returns the probabilities of all papers. Near-duplicates are in one fold.

        Raises InvalidInputError if there are fewer groups of papers than folds, or if no paper of a training has a
        category.
        """
        papers, taxonomy = read.papers, self.taxonomy_of(read.papers)
        folds = folds_of(group_numbers(len(papers), duplicates.pairs), self.folds, self.seed)
        probabilities = np.zeros((len(papers), len(taxonomy)), np.float32)
        for fold in range(self.folds):
            self.on_fold(fold + 1)
            rest = [paper for paper, place in zip(papers, folds.tolist(), strict=True) if place != fold]
            model = self._trained(rest, taxonomy, fold, read.source)
            rows = np.flatnonzero(folds == fold)
            probabilities[rows] = probabilities_of(model, [papers[row].abstract for row in rows.tolist()])
        threshold = tune_global_threshold(targets_of(papers, taxonomy), probabilities)
        return Opinion(f"{self.folds} folds", taxonomy, Thresholds(threshold), probabilities)

    def _trained(
        self, papers: Sequence[LabelledAbstract], taxonomy: Taxonomy, fold: int, source: str
    ) -> CalibratedClassifier:
        order = np.random.default_rng([self.seed, fold]).permutation(len(papers)).tolist()
        held_back = max(1, round(len(papers) * _VALIDATION_SHARE))
        validation, training = ([papers[row] for row in rows] for rows in (order[:held_back], order[held_back:]))
        refuse_unlabelled(Splits(training, validation, []), taxonomy, source)
        targets = targets_of(validation, taxonomy)
        workspace = self.workspace / str(fold)
        workspace.mkdir()
        classifier = self.new_classifier(taxonomy)
        session = FitSession(self.seed, workspace, lambda batch: validation_score(targets, batch))
        classifier.fit(training, validation, session)
        rows = tuning_papers(validation, taxonomy)
        calibration, _ = tune(rows, probabilities_of(classifier, rows.abstracts))
        return CalibratedClassifier(classifier, calibration)


def folds_of(groups: Sequence[int], folds: int, seed: int) -> Folds:
    """Returns the fold of each paper, from 0. Papers of one group are in one fold, and the groups are spread evenly.

    Raises InvalidInputError if there are fewer groups than folds.
    """
    names, places = np.unique(np.array(groups, np.intp), return_inverse=True)
    if len(names) < folds:
        raise InvalidInputError(
            f"{len(names):,} different papers cannot be split into {folds} folds. Give more papers."
        )
    order = np.random.default_rng(seed).permutation(len(names))
    placed: Folds = (order % folds)[places]
    return placed
