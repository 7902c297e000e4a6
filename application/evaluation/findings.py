"""Everything that a report says of models on the same papers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from application.evaluation.archive_calibration import ALL, ArchiveCalibration, archive_calibrations
from application.evaluation.comparison import Comparison, compared, disagreements
from application.evaluation.confusions import Confusion, Square, co_occurrences, confusion
from application.evaluation.hierarchy import Hierarchy, hierarchy_of
from application.evaluation.measuring import Measured, measured
from application.evaluation.outcome import Outcome, outcome_of, shared
from application.evaluation.parts import parts_of
from application.evaluation.policy_results import PolicyResult, policy_results
from application.metrics.probability_curves import OperatingPoint, ReliabilityBin, operating_points, reliability_bins
from application.papers.sample_weights import mean
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.policy import Policy
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds

PAIRS, DISAGREEMENTS = 12, 25


@dataclass(frozen=True, slots=True)
class Predicted:
    """A model and its probabilities for the papers, shape (papers, categories).

    `probabilities` are those of the variant that the report is about, `without_titles` those of the other one if both
    were predicted. `raw` are probabilities before calibration of the papers in `raw_rows`. `seconds` is the time from
    text to probabilities. `memory` is by how many bytes the process grew for the model, None if it is not known, and
    `size` the bytes of its files. `population` says in words which papers the probabilities were fitted to, if known.
    """

    name: str
    taxonomy: Taxonomy
    thresholds: Thresholds
    probabilities: NDArray[np.float32]
    seconds: float
    size: int
    raw: NDArray[np.float32]
    raw_rows: NDArray[np.intp]
    memory: int | None = None
    without_titles: NDArray[np.float32] | None = None
    population: str = ""
    policies: Mapping[str, Policy] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outside:
    """The papers with none of a model's categories: their number, and what the model says of them.

    `predicted` is the share of them that get a category at the thresholds. `highest` is the mean of the highest
    probability.
    """

    papers: int
    predicted: float
    highest: float


@dataclass(frozen=True, slots=True)
class ModelFindings:
    """The findings about one model."""

    model: Predicted
    measured: Measured
    without_titles: Measured | None
    outside: Outside
    hierarchy: Hierarchy | None
    curve: tuple[OperatingPoint, ...]
    before: tuple[ReliabilityBin, ...]
    after: tuple[ReliabilityBin, ...]
    calibration: tuple[ArchiveCalibration, ...]
    policies: tuple[PolicyResult, ...]
    true_pairs: Square
    predicted_pairs: Square
    confusion: Square
    confusions: tuple[Confusion, ...]

    @property
    def of_all_papers(self) -> ArchiveCalibration:
        """The calibration error of all papers, with those that have none of the categories."""
        return next(each for each in self.calibration if each.archive == ALL)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A paper on which two models disagree: how far, and the categories that each predicts."""

    paper: LabelledAbstract
    distance: float
    reference: tuple[str, ...]
    candidate: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """A candidate beside a reference. `comparison` is None if they share no category."""

    reference: str
    candidate: str
    comparison: Comparison | None
    disagreements: tuple[Disagreement, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """The models on the same papers. Every model but the first is compared with the first.

    `policy` names the policy whose thresholds hold, or is empty for the models' own thresholds.
    """

    source: str
    papers: int
    with_titles: bool
    seed: int
    weighted: bool
    models: tuple[ModelFindings, ...]
    comparisons: tuple[ModelComparison, ...]
    policy: str = ""


def findings_of(
    models: Sequence[Predicted],
    papers: Sequence[LabelledAbstract],
    *,
    source: str,
    with_titles: bool,
    seed: int,
    policy: str = "",
    on_step: Callable[[], None] = lambda: None,
) -> Findings:
    """Returns the findings. `on_step` is called after each model and each comparison."""
    found, comparisons = [], []
    for model in models:
        found.append(_model(model, papers, seed))
        on_step()
    for each in found[1:]:
        comparisons.append(_comparison(found[0], each, papers, seed))
        on_step()
    weighted = found[0].measured.outcome.weights is not None
    return Findings(source, len(papers), with_titles, seed, weighted, tuple(found), tuple(comparisons), policy)


def _model(model: Predicted, papers: Sequence[LabelledAbstract], seed: int) -> ModelFindings:
    whole = outcome_of(papers, model.taxonomy, model.thresholds, model.probabilities)
    outcome = _labelled(whole, model.name)
    true_pairs, predicted_pairs = co_occurrences(outcome, PAIRS)
    square, pairs = confusion(outcome, PAIRS)
    before, after = _reliability(model, whole)
    return ModelFindings(
        model,
        measured(outcome, seed=seed, parts=parts_of(papers, outcome)),
        _without_titles(model, papers, seed),
        _outside(whole),
        hierarchy_of(outcome),
        operating_points(outcome.targets, outcome.probabilities, outcome.weights),
        before,
        after,
        archive_calibrations(papers, whole, seed=seed),
        policy_results(model.policies.values(), whole, seed=seed),
        true_pairs,
        predicted_pairs,
        square,
        pairs,
    )


def _labelled(whole: Outcome, name: str) -> Outcome:
    outcome = whole.labelled()
    if not len(outcome.rows):
        raise InvalidInputError(
            f"None of the {len(whole.rows):,} papers has a category that {name} knows. Evaluate it on other papers."
        )
    return outcome


def _without_titles(model: Predicted, papers: Sequence[LabelledAbstract], seed: int) -> Measured | None:
    if model.without_titles is None:
        return None
    whole = outcome_of(papers, model.taxonomy, model.thresholds, model.without_titles)
    return measured(whole.labelled(), seed=seed, rankings=False)


def _outside(whole: Outcome) -> Outside:
    outside = whole.of(~np.asarray(whole.targets.any(axis=1)))
    return Outside(
        len(outside.rows),
        mean(np.asarray(outside.predicted.any(axis=1)), outside.weights),
        mean(outside.probabilities.max(axis=1, initial=0.0), outside.weights),
    )


def _reliability(model: Predicted, whole: Outcome) -> tuple[tuple[ReliabilityBin, ...], tuple[ReliabilityBin, ...]]:
    chosen = np.zeros(len(whole.rows), np.bool_)
    chosen[model.raw_rows] = True
    sample = whole.of(chosen)
    before = reliability_bins(sample.targets, model.raw, sample.weights)
    return before, reliability_bins(sample.targets, sample.probabilities, sample.weights)


def _comparison(
    reference: ModelFindings, candidate: ModelFindings, papers: Sequence[LabelledAbstract], seed: int
) -> ModelComparison:
    names = (reference.model.name, candidate.model.name)
    wholes = tuple(
        outcome_of(papers, each.model.taxonomy, each.model.thresholds, each.model.probabilities)
        for each in (reference, candidate)
    )
    pair = shared(*wholes)
    if pair is None or not len(pair[0].rows):
        return ModelComparison(*names, None)
    if reference.model.taxonomy.categories == candidate.model.taxonomy.categories:
        left, right = reference.measured, candidate.measured
    else:
        left, right = (measured(each, seed=seed) for each in pair)
    comparison = compared(left, right, (wholes[0], wholes[1]))
    return ModelComparison(*names, comparison, tuple(_disagreements(*pair, papers)))


def _disagreements(left: Outcome, right: Outcome, papers: Sequence[LabelledAbstract]) -> list[Disagreement]:
    return [
        Disagreement(papers[left.rows[place]], distance, _chosen(left, place), _chosen(right, place))
        for place, distance in disagreements(left, right, DISAGREEMENTS)
    ]


def _chosen(outcome: Outcome, place: int) -> tuple[str, ...]:
    """Returns the predicted categories of one paper, most probable first."""
    row = outcome.probabilities[place]
    columns = [column for column in np.argsort(-row, kind="stable") if row[column] >= outcome.thresholds[column]]
    return tuple(outcome.taxonomy.categories[column].identifier for column in columns)
