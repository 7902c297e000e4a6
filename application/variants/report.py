"""What a comparison of variants says."""

from collections.abc import Mapping
from dataclasses import dataclass

from application.metrics.intervals import Estimate
from application.variants.confidence_sequence import SequentialResult
from application.variants.label_shift import MixDistance


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How right a variant was on papers whose categories are known, with 95 % intervals.

    Precision@1 and subset accuracy have Wilson intervals; micro precision, recall and F1 bootstrap ones.
    """

    papers: int
    precision_at_1: Estimate
    subset_accuracy: Estimate
    micro_precision: Estimate
    micro_recall: Estimate
    micro_f1: Estimate


@dataclass(frozen=True, slots=True)
class VariantSummary:
    """A variant with one model: how it answered, milliseconds for an abstract, label shares, accuracy.

    `name` is the variant's, with the model where others of the same variant are in the report.
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
    """How often two variants said the same of the same paper; `jaccard` is the mean of shared labels among all."""

    papers: int
    same_labels: Estimate
    same_first: Estimate
    jaccard: float


@dataclass(frozen=True, slots=True)
class VariantComparison:
    """A variant beside the reference: agreement, distance of the label mixes, and the sequential test.

    `test` is None where no paper's categories are known. It is on `pairs` papers that both predicted and on `blocks`
    of papers that one of them did.
    """

    name: str
    agreement: Agreement
    mix: MixDistance
    pairs: int
    blocks: int
    test: SequentialResult | None


@dataclass(frozen=True, slots=True)
class VariantReport:
    """Every variant, and each beside the reference; `alpha` is the chance of a wrong stop among all comparisons.

    Left out are predictions of no variant (`outside`) and those of models that a variant had before (`earlier`), with
    the feedback on them (`earlier_feedback`); `unmatched` and `repeated` are feedback too.
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
