"""Training and evaluating from a Python program."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

import arxiv_classifier
from arxiv_classifier import ConfigurationError, InvalidInputError, Model
from domain.labelled_abstract import LabelledAbstract
from domain.paper_columns import PaperColumns
from domain.ports.classifier import FitSession
from entrypoints.registry import CLASSIFIERS
from entrypoints.training import has_checkpoints
from tests.examples import small_papers
from tests.fakes.classifier import FakeClassifier


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of labelled papers, one record of which cannot be read."""
    path = tmp_path_factory.mktemp("papers") / "papers.jsonl"
    rows = [
        {"id": paper.abstract.id, "abstract": paper.abstract.text, "categories": list(map(str, paper.categories))}
        for paper in small_papers(300)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"abstract": " ", "categories": "cs.CV"}]))
    return path


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder, and a kind of model that is trained in milliseconds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(CLASSIFIERS, "fake", "tests.fakes.classifier:FakeFamily")
    for name in ("ARXIV_CLASSIFIER_ARTIFACTS", "MODEL_TYPE", "MODEL_PATH"):
        monkeypatch.delenv(name, raising=False)
    yield


def _trained(papers: Path, **options: Any) -> Model:
    return arxiv_classifier.train(papers, "fake", split_by="hash", categories="top:5", artifacts="models", **options)


def test_a_trained_model_predicts_and_is_stored(papers: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Training gives a model that predicts at once and that is found again by its name; bad records are counted."""
    with caplog.at_level(logging.WARNING):
        model = _trained(papers, epochs=3)
    skipped = [vars(each)["records"] for each in caplog.records if vars(each).get("event") == "records_skipped"]
    assert skipped == [1]
    assert model.folder.is_relative_to(Path("models").resolve()) or str(model.folder).startswith("models")
    assert model.predict("image camera segmentation pixel").categories[0] == "cs.CV"
    assert arxiv_classifier.load(model.folder).name == model.name
    assert model.metrics["test"]["micro_f1"] > 0.9
    assert json.loads((model.folder / "manifest.json").read_text())["config"]["model"]["epochs"] == 3
    assert not Path("models/.workspaces").exists()


def test_a_model_is_measured(papers: Path) -> None:
    """The report has the metrics of the papers that the model did not learn from, unless a split is named."""
    model = _trained(papers)
    held_out = arxiv_classifier.evaluate(model, papers, split_by="hash")
    assert held_out.papers < 100
    assert held_out.metrics["micro_f1"] == pytest.approx(model.metrics["test"]["micro_f1"])
    assert arxiv_classifier.evaluate(model, papers, split="all", titles=False).papers == 300
    assert arxiv_classifier.evaluate(model, papers, split="all", limit_samples=20).papers == 20


def test_mistakes_have_the_sentences_of_the_commands(papers: Path) -> None:
    """An unknown option, kind, split or source, and a bad record with `strict`, are errors that say what to do."""
    with pytest.raises(ConfigurationError, match="epoch"):
        _trained(papers, epoch=3)
    with pytest.raises(ConfigurationError, match="There is no kind of model 'basline'"):
        arxiv_classifier.train(papers, "basline")
    with pytest.raises(InvalidInputError, match=r"papers\.jsonl:301: The abstract is blank"):
        _trained(papers, strict=True)
    with pytest.raises(arxiv_classifier.ArxivClassifierError, match=r"nowhere\.jsonl"):
        arxiv_classifier.evaluate(arxiv_classifier.load("baseline"), "nowhere.jsonl")
    with pytest.raises(ConfigurationError, match="split is 'tests'"):
        arxiv_classifier.evaluate(arxiv_classifier.load("baseline"), papers, split="tests")


@pytest.mark.parametrize("fails", [False, True])
def test_texts_are_on_disk_until_a_training_ends(fails: bool, papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The classifier gets papers whose texts lie in the workspace, which is gone at the end, also after an error."""
    seen: list[object] = []
    learn = FakeClassifier.fit

    def fit(
        self: FakeClassifier,
        training: Sequence[LabelledAbstract],
        validation: list[LabelledAbstract],
        session: FitSession,
    ) -> None:
        seen.extend([isinstance(training, PaperColumns), has_checkpoints(session.workspace)])
        seen.extend(path.name for path in Path("models/.workspaces").glob("*/*/*"))
        learn(self, training, validation, session)
        if fails:
            raise ConfigurationError("It fails.")

    monkeypatch.setattr(FakeClassifier, "fit", fit)
    with pytest.raises(ConfigurationError, match="It fails") if fails else nullcontext():
        _trained(papers)
    assert seen == [True, False, "texts"]
    assert not Path("models/.workspaces").exists()
