"""The papers that are compared, and what is counted of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.drift.label_shares import label_posteriors
from application.drift.text_counts import word_counts
from domain.abstract import Abstract
from domain.label import Label
from domain.taxonomy import Taxonomy

_BINS = 100

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DriftPapers:
    """Papers of one source with a model's probabilities, shape (papers, categories).

    `months` and `primaries` have None for a paper whose month or categories are unknown. `abstracts` is None if the
    texts are unknown, as in a prediction log without texts. `vectors` has the encoder's vectors of the papers, if any.
    """

    source: str
    months: tuple[str | None, ...]
    probabilities: NDArray[np.float32]
    primaries: tuple[Label | None, ...]
    abstracts: tuple[Abstract, ...] | None = None
    vectors: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.months)


@dataclass(frozen=True, slots=True)
class Counted:
    """Numbers of each paper, one row each, whose sums over papers are histograms by name.

    `posteriors` has the probabilities of a label drawn from each paper's labels.
    """

    posteriors: Floats
    histograms: dict[str, NDArray[np.float32]]


def counted(papers: DriftPapers, edges: dict[str, Floats], taxonomy: Taxonomy) -> Counted:
    """Counts the papers in bins that `edges` divide, by measure."""
    found = {name: _in_bins(values, edges[name]) for name, values in _values(papers).items() if name in edges}
    if papers.abstracts is not None:
        found["words"] = word_counts(papers.abstracts)
    if any(primary is not None for primary in papers.primaries):
        found["primaries"] = _one_hot_primaries(papers.primaries, taxonomy)
    return Counted(label_posteriors(papers.probabilities), found)


def bin_edges(reference: DriftPapers) -> dict[str, Floats]:
    """Returns the edges of up to 100 bins with equally many papers of the reference, by measure."""
    ranks = np.linspace(0, 1, _BINS + 1)[1:-1]
    return {name: np.unique(np.quantile(values, ranks)) for name, values in _values(reference).items()}


def _values(papers: DriftPapers) -> dict[str, Floats]:
    found = {
        "highest": papers.probabilities.max(axis=1).astype(np.float64),
        "expected": papers.probabilities.sum(axis=1, dtype=np.float64),
    }
    if papers.abstracts is not None:
        found["characters"] = np.array([len(abstract.text) for abstract in papers.abstracts], np.float64)
    return found


def _in_bins(values: Floats, edges: Floats) -> NDArray[np.float32]:
    bins = np.zeros((len(values), len(edges) + 1), np.float32)
    bins[np.arange(len(values)), np.searchsorted(edges, values, side="right")] = 1.0
    return bins


def _one_hot_primaries(primaries: Sequence[Label | None], taxonomy: Taxonomy) -> NDArray[np.float32]:
    """Returns ones in the column of each primary category. The last column is for others."""
    found = np.zeros((len(primaries), len(taxonomy) + 1), np.float32)
    for row, primary in enumerate(primaries):
        if primary is not None:
            found[row, taxonomy.column(primary) if primary in taxonomy else -1] = 1.0
    return found
