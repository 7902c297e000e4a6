"""The targets and weights of training papers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.abstract_batch import month_number
from domain.labelled_abstract import LabelledAbstract
from domain.paper_columns import categories_of, months_of, own_weights
from domain.taxonomy import Taxonomy


def multi_hot(papers: Sequence[LabelledAbstract], taxonomy: Taxonomy) -> NDArray[np.uint8]:
    """Returns targets of shape (papers, categories), with 1 if a paper has the category."""
    targets = np.zeros((len(papers), len(taxonomy)), dtype=np.uint8)
    for row, categories in zip(targets, categories_of(papers), strict=True):
        row[list(taxonomy.columns_of(categories))] = 1
    return targets


def training_weights(papers: Sequence[LabelledAbstract], *, half_life: float, floor: float) -> NDArray[np.float32]:
    """Returns a weight per paper with mean 1: the paper's own weight times its `recency_weights`.

    If all own weights are equal, only recency counts.
    """
    recent = recency_weights(papers, half_life=half_life, floor=floor)
    own = np.array(own_weights(papers), np.float64)
    if (own == own[:1]).all():
        return recent
    weights = recent * own
    mean_one: NDArray[np.float32] = (weights / weights.mean()).astype(np.float32)
    return mean_one


def weights_key(papers: Sequence[LabelledAbstract]) -> bytes:
    """Returns bytes that identify the papers' weights in a checkpoint's key, empty if all weights are 1."""
    weights = np.array(own_weights(papers), np.float64)
    return b"" if (weights == 1).all() else weights.tobytes()


def recency_weights(papers: Sequence[LabelledAbstract], *, half_life: float, floor: float) -> NDArray[np.float32]:
    """Returns a weight per paper with mean 1, halved for every half-life of age down to the floor.

    A paper without a month counts as new.
    """
    months = np.fromiter(map(month_number, months_of(papers)), np.int64, len(papers))
    known = months > 0
    if not half_life or not known.any():
        return np.ones(len(papers), dtype=np.float32)
    age = np.where(known, months.max() - months, 0)
    weights = np.maximum(np.exp2(-age / half_life), floor)
    mean_one: NDArray[np.float32] = (weights / weights.mean()).astype(np.float32)
    return mean_one
