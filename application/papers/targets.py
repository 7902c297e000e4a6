"""The true categories of papers as an array."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.labelled_abstract import LabelledAbstract
from domain.paper_columns import categories_of
from domain.taxonomy import Taxonomy


def targets_of(papers: Sequence[LabelledAbstract], taxonomy: Taxonomy) -> NDArray[np.uint8]:
    """Returns multi-hot targets of shape (papers, categories), one row per paper in the order given.

    Categories outside the taxonomy are ignored, so a paper may have a row of zeros. Aliases that a paper does not list
    are not added.
    """
    width = len(taxonomy)
    ones: list[int] = []
    for row, categories in enumerate(categories_of(papers)):
        start = row * width
        ones.extend(start + column for column in taxonomy.columns_of(categories))
    targets = np.zeros((len(papers), width), np.uint8)
    targets.reshape(-1)[ones] = 1
    return targets
