"""The model behind the API, asked directly and through the API: both give the same.

    uv run --group dev pytest tests/test_api.py --model-type minilm
    uv run --group dev pytest tests/test_api.py --direct-only
    uv run --group dev pytest tests/test_api.py --api-only
    uv run --group dev pytest tests/test_api.py --api-only --api-port 8000

`--model-type` names a kind of model that is stored; where there is none of it, the tests say so. With
`--api-port` the server is one that runs already.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from application.open_model import LoadedModel
from domain.abstract import Abstract
from domain.errors import ModelNotFoundError
from entrypoints.container import container_of
from entrypoints.settings import load_settings
from tests.e2e.server import TEXT, Client, Server

ARTIFACTS = Path(__file__).parents[1] / "artifacts"
PAPERS = [
    Abstract(TEXT, "Segmenting scans", "1"),
    Abstract("We compute hadron masses in lattice QCD with staggered quarks on fine lattices."),
    Abstract("We prove that every planar graph has a proper colouring with few colours.", "On colourings"),
]
FIRST = ["cs.CV", "hep-lat", "math.CO"]


@pytest.fixture(scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of model that is tested."""
    found: str = request.config.getoption("--model-type")
    return found


@pytest.fixture(scope="module")
def model(kind: str) -> LoadedModel:
    """The stored model of that kind."""
    try:
        loaded = container_of(load_settings({"artifacts": ARTIFACTS})).loaded_model(kind)
    except ModelNotFoundError as error:
        pytest.skip(str(error))
    return loaded


@pytest.fixture(scope="module")
def server(
    kind: str, model: LoadedModel, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """A server of that model."""
    pytest.importorskip("granian")
    port = request.config.getoption("--api-port")
    if port is not None:
        yield Client(port)
        return
    folder = tmp_path_factory.mktemp("api")
    with Server(folder, MODEL_TYPE=kind, ARXIV_CLASSIFIER_ARTIFACTS=str(ARTIFACTS)) as running:
        yield running


@pytest.fixture
def direct(request: pytest.FixtureRequest) -> None:
    """Marks a test that asks the model directly."""
    if request.config.getoption("--api-only"):
        pytest.skip("--api-only")


@pytest.fixture
def through_api(request: pytest.FixtureRequest) -> None:
    """Marks a test that asks through the API."""
    if request.config.getoption("--direct-only"):
        pytest.skip("--direct-only")


def items() -> list[dict[str, Any]]:
    """The papers as a request has them."""
    return [{"id": paper.id, "title": paper.title, "abstract": paper.text} for paper in PAPERS]


def test_direct(direct: None, model: LoadedModel) -> None:
    """The model itself names the field of each paper first."""
    found = [str(prediction.top(1)[0].category) for prediction in model.classifier.predict(PAPERS)]
    assert found == FIRST


def test_through_the_api(through_api: None, server: Client) -> None:
    """The API names the field of each paper first."""
    results = server.predict(*items()).json()["results"]
    assert [result["predictions"][0]["label"] for result in results] == FIRST


def test_health(through_api: None, server: Client, kind: str) -> None:
    """Health names the kind of model that was asked for."""
    health = server.get("/api/v1/health/").json()
    assert (health["status"], health["model_type"]) == ("healthy", kind)


def test_both_are_the_same(direct: None, through_api: None, server: Client, model: LoadedModel) -> None:
    """Every probability that the API gives is the model's, to four decimals."""
    answer = server.predict(*items(), threshold=0).json()
    assert answer["model_version"] == model.stored.version
    for result, prediction in zip(answer["results"], model.classifier.predict(PAPERS), strict=True):
        given = {entry["label"]: entry["probability"] for entry in result["predictions"]}
        own = {str(score.category): score.probability for score in prediction.scores()}
        assert given == pytest.approx(own, abs=6e-5)


def test_explanations(through_api: None, server: Client) -> None:
    """The word that tells the field is among those that speak for it."""
    (result,) = server.predict(items()[1], explain=True, top_k=1).json()["results"]
    terms = {term["term"] for term in result["predictions"][0]["explanation"]["terms"]}
    assert terms & {"lattice", "lattice qcd", "qcd", "hadron", "staggered"}
