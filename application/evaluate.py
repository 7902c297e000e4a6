"""Use case: evaluate a classifier on labelled papers."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from application.metrics.multi_label import CategoryMetrics, category_metrics, multilabel_metrics
from application.metrics.probability_curves import OperatingPoint, ReliabilityBin, operating_points, reliability_bins
from application.papers.sample_weights import effective_papers, weights_of
from application.papers.targets import targets_of
from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.classifier import Classifier
from domain.prediction import Prediction
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds

BATCH_SIZE = 512
EXAMPLES = 100


@dataclass(frozen=True, slots=True)
class Example:
    """A paper with its prediction."""

    paper: LabelledAbstract
    prediction: Prediction


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The metrics of one classifier on one set of papers.

    `labelled_papers` counts the papers with at least one category of the taxonomy, `labels` all their categories.
    `seconds` is the time from text to probabilities. Metrics use thresholds without the top-1 fallback. `examples` are
    at most a hundred evenly spaced papers.
    `probabilities` have shape (papers, categories), and are there if they were to be kept.
    If papers have weights, metrics and supports use them, and `effective_papers` is the equivalent number of equally
    weighted papers.
    """

    with_titles: bool
    papers: int
    labelled_papers: int
    labels: int
    seconds: float
    thresholds: Thresholds
    metrics: Mapping[str, float]
    categories: tuple[CategoryMetrics, ...]
    operating_points: tuple[OperatingPoint, ...] = ()
    reliability: tuple[ReliabilityBin, ...] = ()
    examples: tuple[Example, ...] = ()
    effective_papers: float | None = None
    probabilities: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)

    @property
    def abstracts_per_second(self) -> float:
        """Papers per second, or 0 if no time was measured."""
        return self.papers / self.seconds if self.seconds > 0 else 0.0

    def to_json(self) -> dict[str, object]:
        """Returns the report as JSON values. Each category's threshold is in its row."""
        return {
            "with_titles": self.with_titles,
            "papers": self.papers,
            **({} if self.effective_papers is None else {"effective_papers": self.effective_papers}),
            "labelled_papers": self.labelled_papers,
            "labels": self.labels,
            "seconds": self.seconds,
            "abstracts_per_second": self.abstracts_per_second,
            "threshold": self.thresholds.default,
            "metrics": dict(self.metrics),
            "categories": self.category_rows(),
        }

    def category_rows(self) -> list[dict[str, object]]:
        """Returns one flat row per category in column order, for a table or CSV."""
        return [{**asdict(row), "category": row.category.identifier} for row in self.categories]


class Evaluate:
    """Predicts papers in batches and compares the predictions with their true categories.

    `on_predicted` is called with the number of papers of each batch.
    """

    def __init__(
        self,
        classifier: Classifier,
        thresholds: Thresholds,
        *,
        batch_size: int = BATCH_SIZE,
        clock: Callable[[], float] = time.perf_counter,
        keep_probabilities: bool = False,
        on_predicted: Callable[[int], None] = lambda papers: None,
    ) -> None:
        self._keep_probabilities = keep_probabilities
        self._on_predicted = on_predicted
        self._classifier = classifier
        self._thresholds = thresholds
        self._batch_size = batch_size
        self._clock = clock

    def __call__(self, papers: Sequence[LabelledAbstract], *, with_titles: bool) -> EvaluationReport:
        """Returns the report on these papers, read with or without their titles."""
        if not papers:
            raise InvalidInputError("There is no paper to evaluate on. Give a data set with at least one.")
        taxonomy = self._classifier.taxonomy
        abstracts = [paper.abstract if with_titles else paper.abstract.without_title() for paper in papers]
        self._classifier.predict(abstracts[: self._batch_size])  # one-time imports and reads are not timed
        started = self._clock()
        probabilities = probabilities_of(
            self._classifier, abstracts, batch_size=self._batch_size, on_predicted=self._on_predicted
        )
        seconds = self._clock() - started
        targets, weights = targets_of(papers, taxonomy), weights_of(papers)
        thresholds = self._thresholds.in_columns(taxonomy)
        return EvaluationReport(
            with_titles=with_titles,
            papers=len(papers),
            labelled_papers=int(targets.any(axis=1).sum()),
            labels=int(targets.sum()),
            seconds=seconds,
            thresholds=self._thresholds,
            metrics=multilabel_metrics(targets, probabilities, thresholds, weights),
            categories=category_metrics(targets, probabilities, thresholds, taxonomy, weights),
            operating_points=operating_points(targets, probabilities, weights),
            reliability=reliability_bins(targets, probabilities, weights),
            effective_papers=None if weights is None else effective_papers(weights),
            examples=_examples(papers, probabilities, taxonomy),
            probabilities=probabilities if self._keep_probabilities else None,
        )


def _examples(
    papers: Sequence[LabelledAbstract], probabilities: NDArray[np.float32], taxonomy: Taxonomy
) -> tuple[Example, ...]:
    chosen = range(0, len(papers), max(1, -(-len(papers) // EXAMPLES)))
    return tuple(Example(papers[index], Prediction(taxonomy, tuple(probabilities[index].tolist()))) for index in chosen)


def probabilities_of(
    classifier: Classifier,
    abstracts: Sequence[Abstract],
    *,
    batch_size: int = BATCH_SIZE,
    on_predicted: Callable[[int], None] = lambda papers: None,
) -> NDArray[np.float32]:
    """Returns the probabilities of all abstracts, shape (abstracts, categories), predicted in batches.

    `on_predicted` is called with the number of abstracts of each batch.
    """
    probabilities = np.empty((len(abstracts), len(classifier.taxonomy)), np.float32)
    for start in range(0, len(abstracts), batch_size):
        batch = abstracts[start : start + batch_size]
        probabilities[start : start + len(batch)] = classifier.predict(batch).probabilities
        on_predicted(len(batch))
    return probabilities
