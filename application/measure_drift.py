"""Use case: measure how papers differ from earlier ones, in their labels, their texts and a model's scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from application.drift.distances import ks, mmd, psi, rbf_kernel
from application.drift.label_shares import shares_by_em, weights_for
from application.drift.resampling import corrected, drawn_weights
from application.drift.samples import Counted, DriftPapers, bin_edges, counted
from application.metrics.intervals import Estimate
from domain.errors import InvalidInputError
from domain.taxonomy import Taxonomy

ALL = "all"
# EM takes longer than sums do, so that label shares are drawn fewer times. Their interval needs no tails.
_EM_DRAWS = 25
_MOST_VECTORS = 500

Floats = NDArray[np.float64]


class Aspect(StrEnum):
    """The property of papers that is compared."""

    LABELS = "labels"
    TEXT = "text"
    SCORES = "scores"


@dataclass(frozen=True, slots=True)
class Limits:
    """The values that measures may reach without an alert.

    `label_psi` is for shares of labels, `word_psi` for words, `ks` for lengths and scores, `mmd` for vectors.
    """

    label_psi: float = 0.1
    word_psi: float = 0.02
    ks: float = 0.15
    mmd: float = 0.1


@dataclass(frozen=True, slots=True)
class Measure:
    """A distance between reference and current papers, with its interval, its limit and the method.

    `alike` is the distance that remains if the reference papers are weighted to the label shares of the current ones.
    It is None for measures of labels. A measure alerts if its interval lies above the limit. For text and scores, the
    interval of `alike` counts.
    """

    name: str
    aspect: Aspect
    method: str
    distance: Estimate
    limit: float
    alike: Estimate | None = None

    @property
    def alerts(self) -> bool:
        """Whether the distance is surely above the limit."""
        return (self.distance if self.alike is None else self.alike).low > self.limit


@dataclass(frozen=True, slots=True)
class Period:
    """The measures of the current papers of one month, or of `all`, and the label shares that were estimated."""

    name: str
    papers: int
    measures: tuple[Measure, ...]
    shares: Mapping[str, float] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """The aspects that alert, joined by `and`, or `none`. Scores follow from labels and text and are not named."""
        found = [aspect for aspect in (Aspect.LABELS, Aspect.TEXT) if self._alerts(aspect)]
        return " and ".join(found) or (str(Aspect.SCORES) if self._alerts(Aspect.SCORES) else "none")

    def _alerts(self, aspect: Aspect) -> bool:
        return any(measure.alerts for measure in self.measures if measure.aspect == aspect)


@dataclass(frozen=True, slots=True)
class Drift:
    """The comparison of two sources, for all current papers and for each month with enough of them.

    `small_months` counts the papers of months that are too small, by month.
    """

    reference: str
    current: str
    reference_papers: int
    reference_shares: Mapping[str, float]
    whole: Period
    months: tuple[Period, ...]
    small_months: Mapping[str, int]

    @property
    def alerts(self) -> bool:
        """Whether any measure alerts, in all papers or in a month."""
        return any(measure.alerts for period in (self.whole, *self.months) for measure in period.measures)


class MeasureDrift:
    """Compares current papers with reference papers by a model's probabilities."""

    def __init__(self, taxonomy: Taxonomy, limits: Limits, *, least_papers: int = 200, seed: int = 0) -> None:
        self._taxonomy = taxonomy
        self._limits = limits
        self._least = least_papers
        self._seed = seed

    def __call__(self, reference: DriftPapers, current: DriftPapers) -> Drift:
        """Returns the comparison. Raises InvalidInputError if one side has fewer than two papers."""
        for side in (reference, current):
            if len(side) < 2:
                raise InvalidInputError(f"{side.source} holds {len(side)} papers. A comparison needs at least 2.")
        edges = bin_edges(reference)
        before = _Reference(reference, counted(reference, edges, self._taxonomy), self._seed)
        after = counted(current, edges, self._taxonomy)
        by_month = _rows_by_month(current)
        large = {month: rows for month, rows in by_month.items() if len(rows) >= self._least}
        everything = np.arange(len(current))
        return Drift(
            reference.source,
            current.source,
            len(reference),
            self._named(before.prior),
            self._period(ALL, before, current, after, everything),
            tuple(self._period(month, before, current, after, rows) for month, rows in large.items()),
            {month: len(rows) for month, rows in by_month.items() if month not in large},
        )

    def _period(
        self, name: str, before: "_Reference", current: DriftPapers, after: Counted, rows: NDArray[np.intp]
    ) -> Period:
        chance = np.random.default_rng([self._seed, len(rows)])
        drawn = drawn_weights(len(rows), chance)
        posteriors = after.posteriors[rows]
        shares = shares_by_em(posteriors, before.prior, expected=len(self._taxonomy))
        weights = weights_for(before.counted.posteriors, before.prior, shares).astype(np.float32)
        measures = [self._label_shares(before, posteriors, drawn, shares)]
        common = [each for each in after.histograms if each in before.counted.histograms]
        measures += [self._measure(each, before, after.histograms[each][rows], drawn, weights) for each in common]
        if before.papers.vectors is not None and current.vectors is not None:
            measures.append(self._vectors(before, current.vectors[rows], weights, chance))
        return Period(name, len(rows), tuple(measures), self._named(shares))

    def _label_shares(
        self, before: "_Reference", posteriors: Floats, drawn: NDArray[np.float32], shares: Floats
    ) -> Measure:
        values = [float(psi(before.prior * len(before.papers), shares * len(posteriors)))]
        for place in range(1, _EM_DRAWS + 1):
            prior = before.drawn_prior(place)
            own = shares_by_em(
                posteriors,
                before.prior,
                weights=drawn[place].astype(np.float64),
                start=shares,
                expected=len(self._taxonomy),
            )
            values.append(float(psi(prior * len(before.papers), own * len(posteriors))))
        return Measure(
            "label shares (estimated)", Aspect.LABELS, "PSI", corrected(np.array(values)), self._limits.label_psi
        )

    def _measure(
        self,
        name: str,
        before: "_Reference",
        histogram: NDArray[np.float32],
        drawn: NDArray[np.float32],
        weights: NDArray[np.float32],
    ) -> Measure:
        title, aspect, method = _MEASURES[name]
        between = psi if method == "PSI" else ks
        now = (drawn @ histogram).astype(np.float64)
        distance = corrected(between(before.sums(name), now))
        limit = {"PSI": self._limits.word_psi, "KS": self._limits.ks}[method]
        if aspect == Aspect.LABELS:
            return Measure(title, aspect, method, distance, self._limits.label_psi)
        return Measure(title, aspect, method, distance, limit, corrected(between(before.sums(name, weights), now)))

    def _vectors(
        self,
        before: "_Reference",
        vectors: NDArray[np.float32],
        weights: NDArray[np.float32],
        chance: np.random.Generator,
    ) -> Measure:
        known = before.papers.vectors
        assert known is not None
        first = chance.permutation(len(known))[:_MOST_VECTORS]
        second = chance.permutation(len(vectors))[:_MOST_VECTORS]
        kernel = rbf_kernel(np.concatenate([known[first], vectors[second]]))
        drawn = [drawn_weights(len(rows), chance).astype(np.float64) for rows in (first, second)]
        plain, alike = (
            corrected(mmd(kernel, *_sides(drawn[0] * each, drawn[1]))) for each in (np.ones(len(first)), weights[first])
        )
        return Measure("vectors", Aspect.TEXT, "MMD", plain, self._limits.mmd, alike)

    def _named(self, shares: Floats) -> dict[str, float]:
        return {str(label): float(share) for label, share in zip(self._taxonomy.categories, shares, strict=True)}


# Title, aspect and method of each histogram.
_MEASURES = {
    "primaries": ("primary categories", Aspect.LABELS, "PSI"),
    "words": ("words", Aspect.TEXT, "PSI"),
    "characters": ("characters", Aspect.TEXT, "KS"),
    "highest": ("highest probability", Aspect.SCORES, "KS"),
    "expected": ("expected labels per paper", Aspect.SCORES, "KS"),
}


class _Reference:
    """The reference papers with their resamples, which all periods share."""

    def __init__(self, papers: DriftPapers, counts: Counted, seed: int) -> None:
        self.papers = papers
        self.counted = counts
        self.prior: Floats = counts.posteriors.mean(axis=0)
        self._drawn = drawn_weights(len(papers), np.random.default_rng(seed))

    def drawn_prior(self, place: int) -> Floats:
        """Returns the label shares of one resample."""
        weights = self._drawn[place].astype(np.float64)
        shares: Floats = weights @ self.counted.posteriors / max(weights.sum(), 1.0)
        return shares

    def sums(self, name: str, weights: NDArray[np.float32] | None = None) -> Floats:
        """Returns the histograms of all resamples, of papers that count by `weights`."""
        drawn = self._drawn if weights is None else self._drawn * weights
        found: Floats = (drawn @ self.counted.histograms[name]).astype(np.float64)
        return found


def _sides(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Returns the weights of both sides over the vectors of both, each with sum 1."""
    zeros = np.zeros((len(first), second.shape[1])), np.zeros((len(second), first.shape[1]))
    return (
        np.concatenate([first / first.sum(axis=1, keepdims=True), zeros[0]], axis=1),
        np.concatenate([zeros[1], second / second.sum(axis=1, keepdims=True)], axis=1),
    )


def _rows_by_month(papers: DriftPapers) -> dict[str, NDArray[np.intp]]:
    rows: dict[str, list[int]] = {}
    for row, month in enumerate(papers.months):
        if month is not None:
            rows.setdefault(month, []).append(row)
    return {month: np.array(rows[month], np.intp) for month in sorted(rows)}
