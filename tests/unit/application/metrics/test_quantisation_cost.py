"""The cost of rounding, measured on a classifier whose predictions are known."""

from collections.abc import Sequence

import numpy as np
import pytest

from application.metrics.quantisation_cost import quantisation_cost
from application.papers.targets import targets_of
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.checkpoint import Checkpoint, go_on
from domain.ports.classifier import Classifier
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds
from tests.examples import small_papers, small_taxonomy

TAXONOMY = small_taxonomy()
IDENTITY = Calibration((1.0,) * len(TAXONOMY), (0.0,) * len(TAXONOMY))
PAPERS = small_papers(30)


class Known(Classifier):
    """Gives the true categories 0.9 and the others 0.1, but the other way round for papers it is wrong about."""

    def __init__(self, wrong: set[str] | None = None) -> None:
        self._rows = dict(zip((p.abstract.text for p in PAPERS), targets_of(PAPERS, TAXONOMY), strict=True))
        self._wrong = wrong or set()
        self.read = 0

    @property
    def taxonomy(self) -> Taxonomy:
        """The small one."""
        return TAXONOMY

    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        """The known rows."""
        self.read += len(abstracts)
        rows = np.array([self._rows[abstract.text] ^ (abstract.text in self._wrong) for abstract in abstracts])
        return PredictionBatch(TAXONOMY, (rows * 0.8 + 0.1).astype(np.float32).data)


def test_the_loss_is_the_difference() -> None:
    """If rounding makes some papers wrong, both metrics are given for both, and what they differ by."""
    wrong = {paper.abstract.text for paper in PAPERS[:5]}
    found = quantisation_cost(Known(wrong), Known(), PAPERS, calibration=IDENTITY, thresholds=Thresholds(0.5))
    assert found["papers"] == 30
    assert found["unrounded_micro_f1"] == pytest.approx(1.0)
    for name in ("micro_f1", "average_precision_macro"):
        assert 0 < found[f"loss_of_{name}"] == found[f"unrounded_{name}"] - found[name]


def test_no_more_papers_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many papers, as many as the limit are read, from the first to near the last."""
    monkeypatch.setattr("application.metrics.quantisation_cost._PAPERS", 10)
    classifier = Known()
    found = quantisation_cost(classifier, Known(), PAPERS, calibration=IDENTITY, thresholds=Thresholds(0.5))
    assert (found["papers"], classifier.read) == (10, 10)
