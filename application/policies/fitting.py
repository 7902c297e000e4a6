"""Fits policies on validation papers alone."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from application.calibration.threshold_tuning import tune_global_threshold
from application.papers.sample_weights import Weights
from application.policies.expectations import expectations
from application.policies.likely_pairs import LikelyPairs, likely_pairs, logits_of
from application.policies.own_thresholds import own_thresholds
from application.policies.stated_goals import reach, refuse_unreached, trade_off
from domain.errors import InvalidInputError
from domain.policy import Aim, Goal, Policy
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds

LEAST_PAPERS = 20
_FOLDS = 5
Bools = NDArray[np.bool_]


class FitPolicies:
    """Fits policies to the true categories of papers and their calibrated probabilities.

    Targets and probabilities have shape (papers, categories). The probabilities are calibrated without these papers.
    With `weights`, papers count by them, and those of weight 0 are left out. `source` names the papers in errors.
    """

    def __init__(
        self,
        targets: NDArray[np.generic],
        probabilities: NDArray[np.floating],
        taxonomy: Taxonomy,
        weights: Weights = None,
        *,
        source: str,
        seed: int = 0,
    ) -> None:
        rows = np.ones(len(targets), np.bool_) if weights is None else weights > 0
        self._targets = targets[rows].astype(np.bool_, copy=False)
        self._probabilities = probabilities[rows]
        self._weights = None if weights is None else weights[rows]
        self._taxonomy = taxonomy
        self._source = source
        self._seed = seed

    def __call__(self, goals: Mapping[str, Goal]) -> dict[str, Policy]:
        """Returns a policy for each goal, by name.

        Raises InvalidInputError for fewer than 20 papers, for papers without any category of the model, and for a goal
        that cannot be kept, with the best that can.
        """
        self._refuse_too_few()
        return {name: self._policy(name, goal) for name, goal in goals.items()}

    def _refuse_too_few(self) -> None:
        labelled = int(self._targets.any(axis=1).sum())
        if labelled < LEAST_PAPERS:
            raise InvalidInputError(
                f"{labelled} of the {len(self._targets):,} papers of {self._source} have a category of the model. "
                f"Policies need at least {LEAST_PAPERS} such papers. Give more."
            )

    def _policy(self, name: str, goal: Goal) -> Policy:
        pairs = likely_pairs(self._targets, self._probabilities, self._weights)
        if goal.bound is not None:
            refuse_unreached(name, goal, reach(goal, pairs), len(self._targets), self._source)
        common, cuts = thresholds_for(goal, self._targets, self._probabilities, self._weights, seed=self._seed)
        own = dict(zip(self._taxonomy, cuts, strict=True)) if goal.aim == Aim.MACRO_F1 else {}
        unseen = self._unseen_decisions(goal)
        beside = unseen & ~most_probable(self._probabilities)
        expected = expectations(self._targets, unseen, beside, self._weights, seed=self._seed)
        curve = trade_off(self._shifted(common, cuts))
        return Policy(name, goal, Thresholds(common, own), expected, curve, len(self._targets))

    def _unseen_decisions(self, goal: Goal) -> Bools:
        """Returns the categories that papers get by thresholds that were tuned without them."""
        given = np.zeros(self._targets.shape, np.bool_)
        folds = np.random.default_rng(self._seed).permutation(len(given)) % _FOLDS
        for inside in (folds == fold for fold in range(_FOLDS)):
            seen = None if self._weights is None else self._weights[~inside]
            _, cuts = thresholds_for(
                goal, self._targets[~inside], self._probabilities[~inside], seen, seed=self._seed + 1
            )
            given[inside] = self._probabilities[inside] >= np.array(cuts)
        return given

    def _shifted(self, common: float, cuts: tuple[float, ...]) -> LikelyPairs:
        """Returns the pairs for which the common threshold stands for the threshold of each category."""
        start, own = logits_of(np.array([common])), logits_of(np.array(cuts))
        return likely_pairs(self._targets, self._probabilities, self._weights, start - own)


def thresholds_for(
    goal: Goal, targets: Bools, probabilities: NDArray[np.floating], weights: Weights = None, *, seed: int = 0
) -> tuple[float, tuple[float, ...]]:
    """Returns the common threshold and those of the categories, in column order, that serve a goal best."""
    if goal.aim == Aim.MACRO_F1:
        return own_thresholds(targets, probabilities, weights, seed=seed)
    if goal.aim == Aim.MICRO_F1:
        common = tune_global_threshold(targets, probabilities, weights)
    else:
        common = reach(goal, likely_pairs(targets, probabilities, weights)).threshold
    return common, (common,) * targets.shape[1]


def most_probable(probabilities: NDArray[np.floating]) -> Bools:
    """Returns a mark at the most probable category of each paper."""
    marks = np.zeros(probabilities.shape, np.bool_)
    marks[np.arange(len(marks)), probabilities.argmax(axis=1)] = True
    return marks
