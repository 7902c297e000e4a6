"""Use case: compare variants by what they predicted and, where it is known, by what was right."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from application.decision_metrics import Counts
from application.intervals import bootstrap_micro, wilson
from application.label_mix import mix_distance, one_hot
from application.sequential_test import paired_differences, sequential_test, unpaired_differences
from application.variant_evidence import Evidence, Given, JudgedPaper, VariantEvidence, gather
from application.variant_report import Accuracy, Agreement, VariantComparison, VariantReport, VariantSummary
from domain.category import Category
from domain.errors import InvalidInputError
from domain.experiment import Assignment
from domain.ports.dataset import OnBadRecord
from domain.ports.feedback_store import FeedbackStore
from domain.ports.prediction_log import PredictionLog


def _first_is_right(given: Given, truth: frozenset[Category]) -> bool:
    return given.first in truth


def _all_is_right(given: Given, truth: frozenset[Category]) -> bool:
    return given.labels == truth


METRICS: Mapping[str, Callable[[Given, frozenset[Category]], bool]] = {
    "precision_at_1": _first_is_right,
    "subset_accuracy": _all_is_right,
}


@dataclass(frozen=True, slots=True)
class CompareCommand:
    """What is compared: `reference` is the variant that others are held against, by default the one of most requests.

    The sequential test is of `metric`; variants whose difference is surely below `margin` are alike.
    """

    reference: str | None = None
    metric: str = "precision_at_1"
    alpha: float = 0.05
    margin: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise InvalidInputError(f"There is no metric {self.metric!r}. Known are: {', '.join(METRICS)}.")
        if not 0 < self.alpha < 1:
            raise InvalidInputError(f"alpha is {self.alpha}. Give a number between 0 and 1, as 0.05.")
        if not 0 <= self.margin < 1:
            raise InvalidInputError(f"margin is {self.margin}. Give a number from 0 to below 1, as 0.02.")


class CompareVariants:
    """Reads a prediction log, and feedback where there is some."""

    def __init__(self, log: PredictionLog, feedback: FeedbackStore | None) -> None:
        self._log = log
        self._feedback = feedback

    def __call__(self, command: CompareCommand, on_bad_record: OnBadRecord) -> VariantReport:
        """The report; raises InvalidInputError where the log has no prediction, or not the reference's."""
        feedback = self._feedback.latest() if self._feedback else ()
        evidence = gather(self._log.predictions(on_bad_record), feedback)
        reference = _reference(evidence.variants, command.reference)
        others = [each for each in evidence.variants if each is not reference]
        level = command.alpha / max(len(others), 1)  # Bonferroni: a wrong stop among all of them has the chance alpha
        return VariantReport(
            reference=reference.name,
            metric=command.metric,
            alpha=command.alpha,
            margin=command.margin,
            variants=tuple(_summary(each, evidence.judged, command.seed) for each in evidence.variants),
            comparisons=tuple(_comparison(reference, each, evidence, command, level) for each in others),
            judged=len(evidence.judged),
            outside=evidence.outside,
            unmatched=evidence.unmatched,
            repeated=evidence.repeated,
        )


def _reference(variants: Sequence[VariantEvidence], name: str | None) -> VariantEvidence:
    if not variants:
        raise InvalidInputError("The prediction log has no predictions yet.")
    if name is None:
        return max(
            variants, key=lambda each: each.assignments[Assignment.WEIGHTED] or each.assignments[Assignment.NONE]
        )
    found = next((each for each in variants if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in variants)
        raise InvalidInputError(f"The prediction log has no variant {name!r}. It has: {known}.")
    return found


def _summary(variant: VariantEvidence, judged: Sequence[JudgedPaper], seed: int) -> VariantSummary:
    times = np.array(variant.milliseconds)
    counts = _label_counts(variant)
    papers, labels = sum(variant.labels.values()), sum(counts.values())
    return VariantSummary(
        name=variant.name,
        predictions=len(times),
        papers=len(variant.given),
        models=dict(variant.models.most_common()),
        assignments={kind.value: count for kind, count in variant.assignments.most_common()},
        milliseconds={f"p{cut}": float(np.percentile(times, cut)) for cut in (50, 95, 99)},
        labels_per_paper=labels / max(papers, 1),
        label_shares={name: count / max(labels, 1) for name, count in counts.items()},
        accuracy=_accuracy(
            [(paper.given[variant.name], paper.truth) for paper in judged if variant.name in paper.given], seed
        ),
    )


def _label_counts(variant: VariantEvidence) -> dict[str, int]:
    counts: dict[str, int] = {}
    for labels, times in variant.labels.items():
        for category in labels:
            counts[category.identifier] = counts.get(category.identifier, 0) + times
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _accuracy(papers: Sequence[tuple[Given, frozenset[Category]]], seed: int) -> Accuracy | None:
    if not papers:
        return None
    rows = [(len(given.labels & truth), len(given.labels), len(truth)) for given, truth in papers]
    hits, predicted, actual = np.array(rows, np.intp).T
    right = {name: sum(judge(*paper) for paper in papers) for name, judge in METRICS.items()}
    shares = {name: wilson(count, len(papers)) for name, count in right.items()}
    return Accuracy(len(papers), **shares, **bootstrap_micro(Counts(hits, predicted, actual), seed=seed))


def _comparison(
    reference: VariantEvidence, other: VariantEvidence, evidence: Evidence, command: CompareCommand, alpha: float
) -> VariantComparison:
    first, second = _labels_of(reference, other)
    judge, names = METRICS[command.metric], (reference.name, other.name)
    paired = reference.shadow or other.shadow
    if paired:
        both = [paper for paper in evidence.judged if all(name in paper.given for name in names)]
        differences = paired_differences(
            (judge(paper.given[names[0]], paper.truth), judge(paper.given[names[1]], paper.truth)) for paper in both
        )
    else:
        differences = unpaired_differences(
            (name == other.name, judge(paper.given[name], paper.truth))
            for paper in evidence.judged
            for name in names
            if name in paper.given
        )
    test = sequential_test(differences, alpha=alpha, margin=command.margin) if len(differences) else None
    mix = mix_distance(first, second, seed=command.seed)
    return VariantComparison(other.name, _agreement(reference, other), mix, paired, test)


def _labels_of(*variants: VariantEvidence) -> list[np.ndarray[tuple[int, int], np.dtype[np.bool_]]]:
    """The labels of each one's papers, in the columns that both use."""
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


def _jaccard(one: frozenset[Category], other: frozenset[Category]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0
