"""The page's two backends give the same, and batches are read and written."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.abstract import Abstract
from domain.errors import ArxivClassifierError, ConfigurationError, InvalidInputError, ModelNotFoundError
from domain.ports.dataset import BadRecord
from entrypoints.demo import batch
from entrypoints.demo.backend import Backend, Paper
from entrypoints.demo.in_process import InProcess
from entrypoints.demo.through_api import ConnectionLostError, ThroughApi
from entrypoints.settings import load_settings
from tests.e2e.server import TEXT, Server

PAPER = Paper(TEXT, "Segmenting scans")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An API of the shipped model."""
    pytest.importorskip("gunicorn")
    artifacts = str(Path(__file__).parents[4] / "artifacts")
    with Server(tmp_path_factory.mktemp("server"), ARXIV_CLASSIFIER_ARTIFACTS=artifacts) as running:
        yield running


@pytest.fixture(scope="module")
def inside() -> InProcess:
    """The shipped models in this process."""
    return InProcess(load_settings({"artifacts": Path(__file__).parents[4] / "artifacts"}))


@pytest.fixture(scope="module", params=["in process", "through the API"])
def backend(request: pytest.FixtureRequest, inside: InProcess) -> Backend:
    """Each backend."""
    if request.param == "in process":
        return inside
    server: Server = request.getfixturevalue("server")
    return ThroughApi(f"http://127.0.0.1:{server.port}/")


def test_the_default_model_comes_first(backend: Backend) -> None:
    """Models are listed by kind/version, the default first, with their thresholds."""
    models = backend.models()
    assert models[0].name.startswith("baseline/")
    assert {model.name.partition("/")[0] for model in models} >= {"baseline", "minilm", "ensemble"}
    assert 0 < models[0].threshold < 1


def test_a_paper_is_classified(backend: Backend) -> None:
    """All categories come with probability, threshold and name, the words of the first few with their contributions."""
    found = backend.classify(backend.models()[0].name, PAPER, explained=2)
    assert len(found.rows) == 50
    assert found.rows[0].label == "cs.CV"
    assert found.rows[0].name == "Computer Vision and Pattern Recognition"
    assert list(found.words) == [row.label for row in found.rows[:2]]
    assert found.words["cs.CV"][0].term in ("segmentation", "image", "scans")
    assert found.method == "integrated_gradients"


def test_both_say_the_same(inside: InProcess, server: Server) -> None:
    """Whether a model is in this process or behind the API, its probabilities are the same to four decimals."""
    through = ThroughApi(f"http://127.0.0.1:{server.port}")
    name = inside.models()[0].name
    one, other = inside.classify(name, PAPER, explained=1), through.classify(name, PAPER, explained=1)
    assert [row.label for row in one.rows[:5]] == [row.label for row in other.rows[:5]]
    assert [row.probability for row in one.rows[:5]] == pytest.approx(
        [row.probability for row in other.rows[:5]], abs=6e-5
    )
    assert [row.threshold for row in one.rows[:5]] == [row.threshold for row in other.rows[:5]]


def test_many_papers(backend: Backend) -> None:
    """More papers than a request may hold come back in their order."""
    papers = [PAPER, Paper("We compute masses in lattice QCD.")] * 100
    given = backend.classify_many(backend.models()[0].name, papers)
    assert [row[0][0] for row in given] == ["cs.CV", "hep-lat"] * 100


def test_without_an_index_there_are_no_similar_papers(backend: Backend) -> None:
    """None, which is not the same as none found."""
    assert backend.similar(PAPER, count=3) is None


@pytest.mark.parametrize("paper", [Paper(" "), Paper("a" * 20_001)])
def test_what_cannot_be_read_says_why(backend: Backend, paper: Paper) -> None:
    """A bad paper is an error whose text may be shown."""
    with pytest.raises(InvalidInputError, match=r"blank|20,001 characters"):
        backend.classify(backend.models()[0].name, paper)


def test_an_unknown_model(backend: Backend) -> None:
    """A model that is not there is an error."""
    with pytest.raises(ArxivClassifierError, match="no model 'specter'") as caught:
        backend.classify("specter", PAPER)
    assert isinstance(caught.value, ModelNotFoundError | ArxivClassifierError)


def test_nobody_at_the_address() -> None:
    """An API that does not answer is named."""
    with pytest.raises(ConnectionLostError, match=r"127\.0\.0\.1:9 does not answer"):
        ThroughApi("http://127.0.0.1:9").models()


def test_an_address_is_one() -> None:
    """API_URL without a scheme is refused."""
    with pytest.raises(ConfigurationError, match="API_URL"):
        ThroughApi("localhost:8000")


def test_an_empty_file() -> None:
    """A file without papers says what a paper needs; one of which none can be read, what is wrong with the first."""
    with pytest.raises(InvalidInputError, match="no papers"):
        batch.papers_of([], [])
    with pytest.raises(InvalidInputError, match=r"None of the 1 records could be read\. The first, line 2: Blank\."):
        batch.papers_of([], [BadRecord("x", 2, "Blank.")])


def test_a_file_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit, the command line is named."""
    monkeypatch.setattr(batch, "MOST", 2)
    with pytest.raises(InvalidInputError, match="arxiv-classifier predict FILE"):
        batch.papers_of([Abstract("a")] * 3, [])


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_predictions_are_written(format_: str) -> None:
    """Predictions are written in the order of the papers, one line each."""
    papers = [Paper("a", id='x,"1"'), Paper("b")]
    path = batch.written(papers, [[("cs.LG", 0.51234), ("cs.CV", 0.4)], []], format_)
    lines = path.read_text("utf-8").splitlines()
    if format_ == "jsonl":
        rows = [json.loads(line) for line in lines]
        assert rows[0]["predictions"] == [
            {"label": "cs.LG", "probability": 0.5123},
            {"label": "cs.CV", "probability": 0.4},
        ]
        assert [row["id"] for row in rows] == ['x,"1"', None]
    else:
        assert lines == ["id,labels,probabilities", '"x,""1""",cs.LG cs.CV,0.5123 0.4000', ",,"]
