"""Use case: compare variants by their predictions and, where there is feedback, by their accuracy."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from application.metrics.decisions import Counts
from application.metrics.intervals import bootstrap_micro, wilson
from application.variants.confidence_sequence import differences, sequential_test
from application.variants.evidence import Evidence, Given, JudgedPaper, VariantEvidence, gather
from application.variants.label_shift import label_shift, one_hot
from application.variants.report import Accuracy, Agreement, VariantComparison, VariantReport, VariantSummary
from domain.errors import InvalidInputError
from domain.label import Label
from domain.ports.dataset import OnBadRecord
from domain.ports.feedback_store import FeedbackStore
from domain.ports.prediction_log import PredictionLog


def _first_is_right(given: Given, truth: frozenset[Label]) -> bool:
    return given.first in truth


def _all_is_right(given: Given, truth: frozenset[Label]) -> bool:
    return given.labels == truth


_Judge = Callable[[Given, frozenset[Label]], bool]
METRICS: Mapping[str, _Judge] = {
    "precision_at_1": _first_is_right,
    "subset_accuracy": _all_is_right,
}


@dataclass(frozen=True, slots=True)
class CompareCommand:
    """The settings of a comparison.

    `reference` is the variant that others are compared with, by default the one with most requests. If a variant's
    model was replaced, only its latest model is compared, or each one with `all_models`.
    `metric` is the metric of the sequential test. Variants whose difference is surely smaller than `margin` are alike.
    """

    reference: str | None = None
    metric: str = "precision_at_1"
    alpha: float = 0.05
    margin: float = 0.02
    seed: int = 0
    all_models: bool = False

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise InvalidInputError(f"There is no metric {self.metric!r}. Known are: {', '.join(METRICS)}.")
        if not 0 < self.alpha < 1:
            raise InvalidInputError(f"alpha is {self.alpha}. Give a number between 0 and 1, such as 0.05.")
        if not 0 <= self.margin < 1:
            raise InvalidInputError(f"margin is {self.margin}. Give a number from 0 to below 1, such as 0.02.")


class CompareVariants:
    """Compares variants from a prediction log and optional feedback."""

    def __init__(self, log: PredictionLog, feedback: FeedbackStore | None) -> None:
        self._log = log
        self._feedback = feedback

    def __call__(self, command: CompareCommand, on_bad_record: OnBadRecord) -> VariantReport:
        """Returns the report. Raises InvalidInputError if the log has no prediction, or none of the reference."""
        feedback = self._feedback.latest() if self._feedback else ()
        evidence = gather(self._log.predictions(on_bad_record), feedback, all_models=command.all_models)
        reference = _reference(evidence, command.reference)
        others = [name for name in evidence.variants if name != reference]
        level = command.alpha / max(len(others), 1)  # Bonferroni: the chance of any wrong stop is alpha
        return VariantReport(
            reference=reference,
            metric=command.metric,
            alpha=command.alpha,
            margin=command.margin,
            variants=tuple(_summary(name, evidence, command.seed) for name in evidence.variants),
            comparisons=tuple(_comparison((reference, name), evidence, command, level) for name in others),
            judged=len(evidence.judged),
            outside=evidence.outside,
            unmatched=evidence.unmatched,
            repeated=evidence.repeated,
            earlier=evidence.earlier,
            earlier_feedback=evidence.earlier_feedback,
        )


def _reference(evidence: Evidence, name: str | None) -> str:
    if not evidence.variants:
        raise InvalidInputError("The prediction log has no predictions yet.")
    if name is None:
        return evidence.main
    if name not in evidence.variants:
        known = ", ".join(evidence.variants)
        raise InvalidInputError(f"The prediction log has no variant {name!r}. It has: {known}.")
    return name


def _summary(name: str, evidence: Evidence, seed: int) -> VariantSummary:
    variant = evidence.variants[name]
    times = np.array(variant.milliseconds)
    counts = _label_counts(variant)
    papers, labels = sum(variant.labels.values()), sum(counts.values())
    return VariantSummary(
        name=name,
        model=variant.model,
        predictions=len(times),
        papers=len(variant.given),
        assignments={kind.value: count for kind, count in variant.assignments.most_common()},
        milliseconds={f"p{cut}": float(np.percentile(times, cut)) for cut in (50, 95, 99)},
        labels_per_paper=labels / max(papers, 1),
        label_shares={name: count / max(labels, 1) for name, count in counts.items()},
        accuracy=_accuracy(
            [(paper.given[name], paper.truth) for paper in evidence.judged if name in paper.given], seed
        ),
    )


def _label_counts(variant: VariantEvidence) -> dict[str, int]:
    counts: dict[str, int] = {}
    for labels, times in variant.labels.items():
        for category in labels:
            counts[category.identifier] = counts.get(category.identifier, 0) + times
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _accuracy(papers: Sequence[tuple[Given, frozenset[Label]]], seed: int) -> Accuracy | None:
    if not papers:
        return None
    rows = [(len(given.labels & truth), len(given.labels), len(truth)) for given, truth in papers]
    hits, predicted, actual = np.array(rows, np.intp).T
    right = {name: sum(judge(*paper) for paper in papers) for name, judge in METRICS.items()}
    shares = {name: wilson(count, len(papers)) for name, count in right.items()}
    return Accuracy(len(papers), **shares, **bootstrap_micro(Counts(hits, predicted, actual), seed=seed))


def _comparison(names: tuple[str, str], evidence: Evidence, command: CompareCommand, alpha: float) -> VariantComparison:
    first, second = (evidence.variants[name] for name in names)
    found = differences(_outcomes(names, evidence.judged, METRICS[command.metric]))
    test = sequential_test(found.values, alpha=alpha, margin=command.margin) if len(found.values) else None
    mix = label_shift(*_labels_of(first, second), seed=command.seed)
    return VariantComparison(names[1], _agreement(first, second), mix, found.pairs, found.blocks, test)


def _outcomes(
    names: tuple[str, str], judged: Sequence[JudgedPaper], judge: _Judge
) -> Iterator[tuple[bool | None, bool | None]]:
    """Yields whether each variant was right on each paper, None if it did not predict it.

    A paper that only a shadow predicted is left out, because a shadow gets no copies under load.
    """
    for paper in judged:
        first, second = (paper.given.get(name) for name in names)
        if first is not None and second is not None:
            yield judge(first, paper.truth), judge(second, paper.truth)
        elif first is not None and not first.shadow:
            yield judge(first, paper.truth), None
        elif second is not None and not second.shadow:
            yield None, judge(second, paper.truth)


def _labels_of(*variants: VariantEvidence) -> list[np.ndarray[tuple[int, int], np.dtype[np.bool_]]]:
    """Returns the labels of each variant's papers, in common columns."""
    names = sorted({category for each in variants for labels in each.labels for category in labels})
    columns = {category: column for column, category in enumerate(names)}
    return [
        one_hot([[columns[category] for category in labels] for labels in each.labels.elements()], len(columns))
        for each in variants
    ]


def _agreement(first: VariantEvidence, second: VariantEvidence) -> Agreement:
    pairs = [(given, second.given[paper]) for paper, given in first.given.items() if paper in second.given]
    alike = [_jaccard(one.labels, other.labels) for one, other in pairs]
    return Agreement(
        papers=len(pairs),
        same_labels=wilson(sum(one.labels == other.labels for one, other in pairs), len(pairs)),
        same_first=wilson(sum(one.first == other.first for one, other in pairs), len(pairs)),
        jaccard=sum(alike) / len(alike) if alike else 0.0,
    )


def _jaccard(one: frozenset[Label], other: frozenset[Label]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0
