"""Papers of a prediction log, as drift compares them."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from application.drift.samples import DriftPapers
from domain.errors import InvalidInputError
from domain.experiment import Assignment
from domain.logged_prediction import LoggedPrediction
from domain.taxonomy import Taxonomy

# A log has the five most probable categories, with four digits.
_KEPT = 5
_DIGITS = 4


def logged_papers(source: str, predictions: Iterable[LoggedPrediction], taxonomy: Taxonomy) -> DriftPapers:
    """Returns the papers of a log. A month is that of the request. Predictions of shadows are left out.

    Texts are there if the log keeps them all. Raises InvalidInputError for a category that the taxonomy has not.
    """
    kept = [each for each in predictions if each.assignment is not Assignment.SHADOW]
    probabilities = np.zeros((len(kept), len(taxonomy)), np.float32)
    for row, prediction in enumerate(kept):
        for score in prediction.top:
            if score.category not in taxonomy:
                raise InvalidInputError(
                    f"The log {source} has the category {score.category}, which the model does not know. Name "
                    "the model that made the log with --model."
                )
            probabilities[row, taxonomy.column(score.category)] = score.probability
    texts = tuple(each.abstract for each in kept if each.abstract is not None)
    return DriftPapers(
        source,
        tuple(each.time[:7] for each in kept),
        probabilities,
        (None,) * len(kept),
        texts if len(texts) == len(kept) else None,
    )


def as_logged(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the probabilities that a log would keep: the five highest of each paper with four digits, others 0."""
    columns = np.argpartition(-probabilities, min(_KEPT, probabilities.shape[1]) - 1, axis=1)[:, :_KEPT]
    found = np.zeros_like(probabilities)
    rows = np.arange(len(probabilities))[:, None]
    found[rows, columns] = probabilities[rows, columns].round(_DIGITS)
    return found
