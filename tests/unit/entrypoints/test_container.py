"""The objects that the composition root builds."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from application.build_ensemble import BuildEnsembleCommand
from application.calibration.platt_scaling import CalibratedClassifier
from application.papers.splitting import SplitPolicy
from application.predictions.selection import Selection
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.errors import ConfigurationError, IncompatibleModelError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Split
from domain.thresholds import Thresholds
from entrypoints.container import Container, container_of
from entrypoints.registry import CLASSIFIERS
from entrypoints.settings import Settings
from entrypoints.taxonomies import load_taxonomy
from tests.examples import small_card, small_papers, small_taxonomy
from tests.fakes.classifier import FakeClassifier
from tests.fakes.dataset import FakeDataset
from tests.waiting import until

ABSTRACTS = [Abstract("image pixel"), Abstract("string brane")]


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Container:
    """A container whose store holds one untrained model of kind `fake`."""
    monkeypatch.setitem(CLASSIFIERS, "fake", "tests.fakes.classifier:FakeFamily")
    FilesystemModelStore(tmp_path).save(small_card("fake"), FakeClassifier(small_taxonomy()).save)
    return container_of(Settings(kind="fake", artifacts=tmp_path, prediction_batch_size=1))


def test_a_loaded_model_is_calibrated(container: Container) -> None:
    """A loaded model gives the calibrated probabilities, not the classifier's raw ones."""
    served = container.loaded_model("fake").classifier.predict(ABSTRACTS)
    raw = FakeClassifier(small_taxonomy())
    expected = CalibratedClassifier(raw, small_card().calibration).predict(ABSTRACTS)
    assert np.asarray(served.probabilities).tolist() == np.asarray(expected.probabilities).tolist()
    assert np.asarray(served.probabilities).tolist() != np.asarray(raw.predict(ABSTRACTS).probabilities).tolist()


def test_a_paper_gets_no_category_of_another_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The fifty have eess.SY from 2019-06 and astro-ph until 2008-12; `close_categories: false` gives both to all."""
    monkeypatch.setitem(CLASSIFIERS, "fake", "tests.fakes.classifier:FakeFamily")
    taxonomy = load_taxonomy(["cs.SY", "eess.SY", "astro-ph", "math.AG"])
    identity = Calibration((1.0,) * 4, (0.0,) * 4)
    card = small_card("fake", taxonomy=taxonomy, calibration=identity, thresholds=Thresholds(0.5))
    FilesystemModelStore(tmp_path).save(card, FakeClassifier(taxonomy).save)
    papers = [Abstract("a", month="2008-12"), Abstract("a", month="2009-01"), Abstract("a", month="2019-06")]

    def given(close: bool) -> list[list[bool]]:
        container = container_of(Settings(artifacts=tmp_path, close_categories=close))
        container.clock.override(lambda: datetime(2026, 11, 28, tzinfo=UTC))
        batch = container.loaded_model("fake").classifier.predict([*papers, Abstract("undated")])
        return (np.asarray(batch.probabilities) > 0).tolist()  # type: ignore[no-any-return]  # a table of booleans

    assert given(close=False) == [[True] * 4] * 4
    assert given(close=True) == [
        [True, False, True, True],
        [True, False, False, True],
        [True, True, False, True],
        [True, True, False, True],
    ]


def test_a_server_follows_the_model_in_use(tmp_path: Path, container: Container) -> None:
    """A server without a named model answers with the model in use, and with another once that is chosen."""
    pytest.importorskip("django")
    from entrypoints.rest.models.served_models import ModelService

    first, second = [
        FilesystemModelStore(tmp_path).save(small_card("fake"), FakeClassifier(small_taxonomy()).save) for _ in range(2)
    ]
    container.use_model()(first.name)
    now = [0.0]
    service = ModelService(container, Settings().model_reference, most=2, clock=lambda: now[0])
    assert service.default().model.stored == first
    container.use_model()(second.name)
    now[0] += 2
    until(lambda: service.default().model.stored == second, seconds=20)
    assert service.named("fake").model.stored == second


def test_an_ensemble_is_built_of_the_models_in_use(tmp_path: Path, container: Container) -> None:
    """A kind among an ensemble's models is the one in use, which is recorded by its version."""
    first = container.model_store().find("fake")
    second = FilesystemModelStore(tmp_path).save(small_card("fake"), FakeClassifier(small_taxonomy()).save)
    container.use_model()(first.name)
    papers = FakeDataset({split: _own_papers(split) for split in Split})
    build = container.ensemble(papers, ["fake", second.name])
    split = SplitPolicy("source")
    result = build(BuildEnsembleCommand(run_name="x", seed=0, on_bad_record=lambda record: None, split=split))
    assert set(result.weights) == {first.name, second.name}


def _own_papers(split: Split) -> list[LabelledAbstract]:
    """Papers that are in no other split."""
    return [
        LabelledAbstract(Abstract(f"{paper.abstract.text} {split} {number}"), paper.categories)
        for number, paper in enumerate(small_papers(30))
    ]


def test_a_kind_this_program_lacks_is_incompatible(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of a later version's kind is refused with the kinds that can be served."""
    monkeypatch.delitem(CLASSIFIERS, "fake")
    with pytest.raises(IncompatibleModelError, match=r"kind 'fake'; this program serves baseline"):
        container.loaded_model("fake")


def test_settings_reach_the_use_cases(container: Container) -> None:
    """The batch size of the settings is that of prediction."""
    model = container.loaded_model("fake")
    batches = container.predict(model).stream(ABSTRACTS, Selection.everything())
    assert [len(batch.abstracts) for batch in batches] == [1, 1]
    report = container.evaluate(model.classifier, Thresholds(0.5))
    assert callable(report)


def test_options_of_the_tracker_are_checked_by_it(container: Container, tmp_path: Path) -> None:
    """An option the tracker does not know is an error, not ignored."""
    wrong = container_of(Settings(artifacts=tmp_path, tracking={"project": "x"}))
    with pytest.raises(ConfigurationError, match="Tracker null has no option 'project'"):
        wrong.tracker()


def test_writers_are_found_by_format(container: Container) -> None:
    """A format gives its writer. An unknown one lists those known."""
    stream = io.BytesIO()
    container.prediction_writer("csv", stream, small_taxonomy()).finish()
    assert stream.getvalue().startswith(b"id,")
    with pytest.raises(ConfigurationError, match="Known are: csv, jsonl, parquet, table"):
        container.prediction_writer("xml", stream, small_taxonomy())


def test_the_format_of_a_file_is_told_by_its_name(container: Container, tmp_path: Path) -> None:
    """A file's suffix says how it is read, and the settings how long its texts may be."""
    path = tmp_path / "papers.jsonl"
    path.write_text(json.dumps({"abstract": "image"}) + "\n")
    bad: list[object] = []
    assert [each.text for each in container.abstracts(path, format=None, on_bad_record=bad.append)] == ["image"]
    short = container_of(replace(Settings(), max_characters=3))
    assert list(short.abstracts(path, format=None, on_bad_record=bad.append)) == []
    assert "the limit is 3" in str(bad[0])
