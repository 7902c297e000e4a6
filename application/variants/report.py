"""The report of a comparison of variants."""

from collections.abc import Mapping
from dataclasses import dataclass

from application.metrics.intervals import Estimate
from application.variants.confidence_sequence import SequentialResult
from application.variants.label_shift import LabelShift


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The accuracy of a variant on papers with known categories, with 95 % intervals.

    Precision@1 and subset accuracy have Wilson intervals. Micro precision, recall and F1 have bootstrap intervals.
    """

    papers: int
    precision_at_1: Estimate
    subset_accuracy: Estimate
    micro_precision: Estimate
    micro_recall: Estimate
    micro_f1: Estimate


@dataclass(frozen=True, slots=True)
class VariantSummary:
    """A variant with one model: its predictions, milliseconds per abstract, label shares and accuracy.

    `name` is the variant's name, followed by the model if the report has several models of the variant.
    """

    name: str
    model: str
    predictions: int
    papers: int
    assignments: Mapping[str, int]
    milliseconds: Mapping[str, float]
    labels_per_paper: float
    label_shares: Mapping[str, float]
    accuracy: Accuracy | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The share of papers for which two variants predicted the same.

    `jaccard` is the mean Jaccard index of their labels.
    """

    papers: int
    same_labels: Estimate
    same_first: Estimate
    jaccard: float


@dataclass(frozen=True, slots=True)
class VariantComparison:
    """A variant compared with the reference: agreement, distance of the label distributions, and the sequential test.

    `test` is None if no paper has known categories. It uses `pairs` papers that both predicted and `blocks` of papers
    that only one predicted.
    """

    name: str
    agreement: Agreement
    mix: LabelShift
    pairs: int
    blocks: int
    test: SequentialResult | None


@dataclass(frozen=True, slots=True)
class VariantReport:
    """All variants, and the comparison of each with the reference. `alpha` is the chance of any wrong stop.

    Predictions of no variant (`outside`) and of a variant's earlier models (`earlier`, with feedback
    `earlier_feedback`) are left out. `unmatched` and `repeated` count feedback.
    """

    reference: str
    metric: str
    alpha: float
    margin: float
    variants: tuple[VariantSummary, ...]
    comparisons: tuple[VariantComparison, ...]
    judged: int
    outside: int
    unmatched: int
    repeated: int
    earlier: int
    earlier_feedback: int
