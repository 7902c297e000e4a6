"""Outcomes for tests: made-up truth, and models of chosen skill."""

import numpy as np
from numpy.typing import NDArray

from application.evaluation.outcome import Outcome
from domain.category import Category
from domain.taxonomy import CategoryInfo, Taxonomy

_NAMES = ("cs.LG", "cs.CV", "math.AP", "hep-th", "stat.ML", "math.PR")


def taxonomy_of(width: int) -> Taxonomy:
    """The first categories of a fixed list."""
    return Taxonomy(tuple(CategoryInfo(Category(name), name, "") for name in _NAMES[:width]))


def outcome_from(
    targets: NDArray[np.bool_], probabilities: NDArray[np.float32], *, threshold: float = 0.5, weights: object = None
) -> Outcome:
    """An outcome of these arrays with one threshold."""
    width = targets.shape[1]
    held = None if weights is None else np.asarray(weights, np.float64)
    return Outcome(taxonomy_of(width), targets, probabilities, (threshold,) * width, np.arange(len(targets)), held)


def made_up(papers: int, *, skill: float, width: int = 6, seed: int = 0) -> Outcome:
    """An outcome of a model that is right more often with more skill, from 0 to 1. The truth depends on the seed."""
    chance = np.random.default_rng(seed)
    targets = chance.random((papers, width)) < 0.2
    targets[np.arange(papers), chance.integers(0, width, papers)] = True
    noise = np.random.default_rng(seed + 1).random((papers, width))
    return outcome_from(targets, (skill * targets + (1 - skill) * noise).astype(np.float32))
