"""A stored model gets policies and conformal scores; what it predicts stays as it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from application.policies.fitting import FitPolicies
from application.tune_policies import TuneCommand, TunePolicies
from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.model_bundle import StoredModel
from domain.policy import parse_policies
from domain.ports.dataset import BadRecord, Split
from tests.examples import small_card, small_taxonomy
from tests.fakes.dataset import FakeDataset
from tests.fakes.model_store import FakeModelStore
from tests.unit.application.table_classifier import TableClassifier

ROWS = 900
CHANCE = np.random.default_rng(1)
TABLE = CHANCE.beta(0.3, 0.6, (ROWS, 5)).astype(np.float32)
TRUE = CHANCE.random(TABLE.shape) < TABLE


def refuse(record: BadRecord) -> None:
    """No record is bad here."""
    raise AssertionError(record)


def papers(start: int, end: int, weight: float = 1.0) -> list[LabelledAbstract]:
    """Papers whose identifiers are rows of the table, and which have a category."""
    categories = small_taxonomy().categories
    return [
        LabelledAbstract(
            Abstract("text", "title", str(row)),
            tuple(categories[column] for column in np.flatnonzero(TRUE[row])),
            weight=weight,
        )
        for row in range(start, end)
        if TRUE[row].any()
    ]


class Tuning:
    """A stored model with a classifier that keeps what it was asked for, and its tuning on a data set."""

    def __init__(self, folder: Path, **card: object) -> None:
        self.store = FakeModelStore(folder)
        self.raw = TableClassifier(small_taxonomy(), TABLE)
        self.stored = self.store.save(small_card("tiny", **card), lambda place: None)

    def __call__(
        self, data: Mapping[Split, Sequence[LabelledAbstract]] | Sequence[LabelledAbstract], *goals: str, **more: object
    ) -> StoredModel:
        """The tuned copy."""
        use_case = TunePolicies(FakeDataset(data), self.store, lambda stored, folder: None)
        command = TuneCommand(parse_policies(goals), refuse, **more)  # type: ignore[arg-type]
        return use_case(self.stored, self.raw, command)

    @property
    def read(self) -> set[str | None]:
        """The identifiers of all abstracts that the model was asked for."""
        return {abstract.id for batch in self.raw.batches for abstract in batch}


def test_neither_thresholds_nor_scores_ever_see_training_or_test_papers(tmp_path: Path) -> None:
    """Of a source with splits, only abstracts of validation papers are read, and other test papers change nothing."""
    splits = {Split.TRAIN: papers(0, 300), Split.VALIDATION: papers(300, 600), Split.TEST: papers(600, 900)}
    tuning = Tuning(tmp_path)
    found = tuning(splits, "micro_f1", "macro_f1", "recall>=0.5").card
    assert tuning.read == {paper.abstract.id for paper in splits[Split.VALIDATION]}
    other = Tuning(tmp_path / "other")(
        {**splits, Split.TEST: papers(600, 620)}, "micro_f1", "macro_f1", "recall>=0.5"
    ).card
    assert found.policies == other.policies
    assert found.conformal is not None
    assert other.conformal is not None
    assert found.conformal.least == other.conformal.least
    assert found.conformal.papers == len(splits[Split.VALIDATION])


def test_what_the_model_is_stays(tmp_path: Path) -> None:
    """Only policies, scores, time and record change, and other policies stay unless they are dropped."""
    tuning = Tuning(tmp_path)
    tuning.stored = tuning(papers(0, 400), "first=micro_f1")
    both = tuning(papers(0, 400), "second=macro_f1")
    assert list(both.card.policies) == ["first", "second"]
    assert list(tuning(papers(0, 400), "second=macro_f1", keep=False).card.policies) == ["second"]
    assert (both.card.thresholds, both.card.calibration) == (
        tuning.stored.card.thresholds,
        tuning.stored.card.calibration,
    )
    assert both.card.metrics == tuning.stored.card.metrics
    assert both.card.data["policies"]["papers"] == len(papers(0, 400))  # type: ignore[index]  # our own mapping


def test_papers_of_the_calibration_get_probabilities_of_another(tmp_path: Path) -> None:
    """The policy of a model that was calibrated on these papers differs from that of one that was not."""
    data = papers(0, 500)
    calibrated, other = (
        Tuning(tmp_path / name, data={"fingerprint": print_})(data, "micro_f1", split=_by_hash()).card
        for name, print_ in (("own", FakeDataset(data).fingerprint()), ("other", "ab" * 32))
    )
    assert calibrated.policies["micro_f1"].papers < other.policies["micro_f1"].papers
    said = Tuning(tmp_path / "said")(data, "micro_f1", calibrated_on_these=True).card
    assert said.policies["micro_f1"].papers == other.policies["micro_f1"].papers
    assert said.policies["micro_f1"].thresholds != other.policies["micro_f1"].thresholds


def _by_hash() -> object:
    from application.papers.splitting import SplitPolicy

    return SplitPolicy("hash")


def test_probabilities_are_those_that_the_model_gives(tmp_path: Path) -> None:
    """On other papers, the policy is that of the calibrated probabilities."""
    from application.calibration.platt_scaling import CalibratedClassifier
    from application.papers.targets import targets_of

    data, tuning = papers(0, 500), Tuning(tmp_path)
    found = tuning(data, "micro_f1").card
    served = CalibratedClassifier(tuning.raw, found.calibration).predict([paper.abstract for paper in data])
    fit = FitPolicies(
        targets_of(data, small_taxonomy()), np.asarray(served.probabilities), small_taxonomy(), source="papers"
    )
    assert found.policies == fit(parse_policies(("micro_f1",)))


def test_weights_of_papers_count(tmp_path: Path) -> None:
    """Papers of weight 0 are left out of policies and scores. If all have it, that is said."""
    mixed = [*papers(0, 300), *papers(300, 600, 0.0)]
    found = Tuning(tmp_path / "mixed")(mixed, "micro_f1").card
    assert found.policies["micro_f1"].papers == len(papers(0, 300))
    assert found.conformal is not None
    assert found.conformal.papers == len(papers(0, 300))
    with pytest.raises(InvalidInputError, match="have the weight 0"):
        Tuning(tmp_path / "none")(papers(0, 300, 0.0), "micro_f1")


def test_papers_that_teach_nothing_are_one_sentence(tmp_path: Path) -> None:
    """No papers, papers of another label set, and one paper are refused, and nothing is stored."""
    tuning = Tuning(tmp_path)
    other = [LabelledAbstract(Abstract("text", "title", "1"), (Category("q-bio.QM"),))] * 30
    for data, wanted in (([], "no papers"), (other, "labels that tiny/1 gives"), (papers(0, 3)[:1], "at least 20")):
        with pytest.raises(InvalidInputError, match=wanted):
            tuning(data, "micro_f1")
    assert len(tuning.store.list()) == 1


def test_categories_that_the_model_lacks_are_left_out(tmp_path: Path) -> None:
    """A paper's other categories change neither policies nor scores."""
    data = papers(0, 400)
    more = [
        LabelledAbstract(paper.abstract, (*paper.categories, Category("q-bio.QM")), weight=paper.weight)
        for paper in data
    ]
    found, other = (Tuning(tmp_path / name)(each, "micro_f1").card for name, each in (("a", data), ("b", more)))
    assert found.policies == other.policies
