"""A stored model gets another calibration; what it learnt stays as it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from application.calibrate_model import CalibrateCommand, CalibrateModel, CalibrateResult
from application.calibration.platt_scaling import CalibratedClassifier
from application.papers.targets import targets_of
from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.model_bundle import StoredModel
from domain.ports.classifier import Classifier
from domain.ports.dataset import BadRecord, Split
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy
from tests.examples import small_card, small_taxonomy
from tests.fakes.dataset import FakeDataset
from tests.fakes.model_store import FakeModelStore


class Known(Classifier):
    """Gives each abstract the probabilities in its text: one for each category, spaces between them."""

    taxonomy: Taxonomy = small_taxonomy()

    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        """Returns the probabilities that the texts contain."""
        rows = np.array([[float(word) for word in each.text.split()] for each in abstracts], np.float32)
        return PredictionBatch(self.taxonomy, rows.data)


def refuse(record: BadRecord) -> None:
    """No record is bad here."""
    raise AssertionError(record)


def papers(count: int, seed: int) -> list[LabelledAbstract]:
    """Papers whose categories come half as often as the model says."""
    random = np.random.default_rng(seed)
    said = random.uniform(0.05, 0.95, (count * 3, len(small_taxonomy())))
    true = random.random(said.shape) < said / 2
    rows = [row for row in range(len(said)) if true[row].any()][:count]
    return [
        LabelledAbstract(
            Abstract(" ".join(f"{p:.4f}" for p in said[row]), id=f"{seed}-{row}"),
            tuple(category for category, has in zip(small_taxonomy(), true[row], strict=True) if has),
        )
        for row in rows
    ]


def stored_model(store: FakeModelStore) -> StoredModel:
    """A model with one file of weights."""

    def write(folder: Path) -> None:
        (folder / "weights.bin").write_bytes(b"1234")

    return store.save(small_card("tiny"), write)


def copy(stored: StoredModel, folder: Path) -> None:
    """Copies the weights as the adapter does."""
    (folder / "weights.bin").write_bytes((stored.folder / "weights.bin").read_bytes())


def calibrated(
    folder: Path, splits: Mapping[Split, Sequence[LabelledAbstract]] | Sequence[LabelledAbstract]
) -> CalibrateResult:
    """The result on those papers."""
    store = FakeModelStore(folder)
    use_case = CalibrateModel(FakeDataset(splits), store, copy)
    return use_case(stored_model(store), Known(), CalibrateCommand(refuse))


def test_each_paper_is_predicted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reports before and after, and the advice, share one pass over the papers with their titles."""
    read: list[Abstract] = []
    predict = Known.predict

    def counted(known: Known, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        read.extend(abstracts)
        return predict(known, abstracts, checkpoint=checkpoint)

    monkeypatch.setattr(Known, "predict", counted)
    calibrated(tmp_path, {Split.VALIDATION: papers(300, 1), Split.TEST: papers(300, 2)})
    assert len(read) == len(set(read))


def test_probabilities_hold_for_the_new_population(tmp_path: Path) -> None:
    """On new papers the calibrated copy has a lower log loss, and its probabilities add up to the positives."""
    from sklearn.metrics import log_loss

    fitting, judged = papers(1500, 1), papers(1500, 2)
    result = calibrated(tmp_path, {Split.TRAIN: [], Split.VALIDATION: fitting, Split.TEST: judged})
    abstracts = [paper.abstract for paper in judged]
    truth = targets_of(judged, small_taxonomy())
    before = np.asarray(Known().predict(abstracts).probabilities)
    after = np.asarray(CalibratedClassifier(Known(), result.model.card.calibration).predict(abstracts).probabilities)
    assert log_loss(truth.ravel(), after.ravel()) < log_loss(truth.ravel(), before.ravel()) - 0.05
    assert after.sum(axis=0) == pytest.approx(truth.sum(axis=0), rel=0.15)
    assert result.with_titles.metrics["ece"] < result.before.metrics["ece"]


def test_weights_stay_and_the_card_says_what_was_done(tmp_path: Path) -> None:
    """The copy has the same weights, the model it came from, and the papers of its calibration."""
    result = calibrated(tmp_path, {Split.TRAIN: [], Split.VALIDATION: papers(300, 1), Split.TEST: papers(250, 2)})
    card = result.model.card
    assert (result.model.folder / "weights.bin").read_bytes() == b"1234"
    assert card.config["calibration"]["of"].startswith("tiny/")  # type: ignore[index]  # our own mapping
    assert card.data["validation"]["papers"] == 300  # type: ignore[index]
    assert card.metrics["test"] == result.with_titles.metrics
    assert "calibration_fingerprint" in card.data


def test_half_of_a_pile_reports_on_what_the_other_half_calibrated(tmp_path: Path) -> None:
    """A source without splits is divided at random, and no paper is in both halves."""
    result = calibrated(tmp_path, papers(501, 1))
    data = result.model.card.data
    assert [data[split]["papers"] for split in ("validation", "test")] == [251, 250]  # type: ignore[index]


@pytest.mark.parametrize("count", [0, 1, 399])
def test_few_papers_are_refused(tmp_path: Path, count: int) -> None:
    """Less than 200 papers to calibrate on say so, and nothing is stored."""
    with pytest.raises(InvalidInputError, match="at least 200"):
        calibrated(tmp_path, papers(count, 1) if count else [])
