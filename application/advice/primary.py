"""The probability that a category is a paper's primary one, and that a paper has none of a model's categories."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.advice.softmax_regression import Floats, softmax
from domain.advice_fit import MARGIN, PrimaryHead
from domain.filing_rules import may_be_primary
from domain.label import Label
from domain.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class PrimaryProbabilities:
    """The probability of every possible primary category, shape (papers, primaries).

    `beyond`, shape (papers,), is the probability that the primary category is one that the model lacks.
    """

    primaries: tuple[Label, ...]
    table: Floats
    beyond: Floats


def possible_primaries(taxonomy: Taxonomy) -> tuple[Label, ...]:
    """Returns the categories of the taxonomy under which new papers can be filed, in its order."""
    return tuple(info.category for info in taxonomy.infos if may_be_primary(info, taxonomy))


def primary_probabilities(
    head: PrimaryHead | None, probabilities: NDArray[np.floating], taxonomy: Taxonomy
) -> PrimaryProbabilities:
    """Returns what the head makes of calibrated probabilities of shape (papers, categories).

    A category of probability 0, which a paper's month did not have, is no primary. Without a head, the most probable
    category counts as the most probable primary: the table has the probabilities as they are, and `beyond` is 0.
    """
    primaries = possible_primaries(taxonomy) if head is None else head.primaries
    own = probabilities[:, [taxonomy.column(category) for category in primaries]].astype(np.float64)
    if head is None:
        return PrimaryProbabilities(primaries, own, np.zeros(len(own)))
    logits = logits_of(own)
    found = softmax(start_of(logits) + logits @ np.array(head.weights).T + np.array(head.intercepts))
    found[:, :-1][own <= 0] = 0
    found /= found.sum(axis=1, keepdims=True)
    return PrimaryProbabilities(primaries, found[:, :-1], found[:, -1])


def logits_of(probabilities: Floats) -> Floats:
    """Returns log(p / (1 - p)), with p held 1e-5 from 0 and 1."""
    held = np.clip(probabilities, MARGIN, 1 - MARGIN)
    logits: Floats = np.log(held / (1 - held))
    return logits


def start_of(logits: Floats) -> Floats:
    """Returns the logits with a column of zeros for the primary categories that the model lacks."""
    return np.column_stack((logits, np.zeros(len(logits))))


def outside_probability(probabilities: NDArray[np.floating], taxonomy: Taxonomy) -> Floats:
    """Returns the probability that a paper has none of the categories, were these independent of one another.

    Of a category and its twin, which come together, one counts.
    """
    twins = {right for _, right in taxonomy.alias_pairs()}
    columns = [column for column in range(len(taxonomy)) if column not in twins]
    free: Floats = np.prod(1 - probabilities[:, columns].astype(np.float64), axis=1)
    return free
