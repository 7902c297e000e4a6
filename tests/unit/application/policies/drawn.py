"""Papers whose categories are drawn from their probabilities, so that these are calibrated."""

import numpy as np
from numpy.typing import NDArray

from domain.category import Category
from domain.taxonomy import CategoryInfo, Taxonomy

NAMES = ("cs.LG", "cs.CV", "hep-th", "math.AP", "math.CO", "stat.ML")


def taxonomy(columns: int = len(NAMES)) -> Taxonomy:
    """The taxonomy's first categories, as many as given."""
    return Taxonomy(tuple(CategoryInfo(Category(name), name, "") for name in NAMES[:columns]))


def drawn(papers: int, seed: int, columns: int = len(NAMES)) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Targets and probabilities of shape (papers, columns); later columns are rarer."""
    random = np.random.default_rng(seed)
    rates = np.linspace(0.4, 0.05, columns)
    probabilities = random.beta(0.6 * rates, 0.6 * (1 - rates), (papers, columns)).astype(np.float32)
    return random.random(probabilities.shape) < probabilities, probabilities
