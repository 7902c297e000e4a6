"""The means of choosing categories that a training or a calibration adds to a model: policies and conformal scores."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from application.conformal.scores import conformal_scores
from application.papers.sample_weights import weights_of
from application.papers.targets import targets_of
from application.policies.fitting import FitPolicies
from domain.conformal import ConformalScores
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.log_events import log_event
from domain.policy import Goal, Policy
from domain.taxonomy import Taxonomy

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choices:
    """The policies by name, and the scores for a coverage."""

    policies: Mapping[str, Policy] = field(default_factory=dict)
    conformal: ConformalScores | None = None


def fit_choices(
    papers: Sequence[LabelledAbstract],
    probabilities: NDArray[np.floating],
    taxonomy: Taxonomy,
    goals: Mapping[str, Goal],
    source: str,
) -> Choices:
    """Returns policies and scores of validation papers, given calibrated probabilities that did not see them.

    A goal that cannot be kept is logged and left out, since the model is worth saving without it. No papers give
    neither.
    """
    if not papers:
        return Choices()
    targets, weights = targets_of(papers, taxonomy), weights_of(papers)
    fit = FitPolicies(targets, probabilities, taxonomy, weights, source=source)
    policies: dict[str, Policy] = {}
    for name, goal in goals.items():
        try:
            policies |= fit({name: goal})
        except InvalidInputError as error:
            log_event(
                _logger,
                "policy_left_out",
                f"The model has no policy {name}. {error}",
                level=logging.WARNING,
                policy=name,
                reason=str(error),
            )
    return Choices(policies, conformal_scores(targets, probabilities, taxonomy, weights))
