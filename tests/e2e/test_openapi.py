"""The running server beside its own OpenAPI: allowed and forbidden requests are answered as it says."""

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from entrypoints.rest.http.access import hashed
from tests.e2e.server import TEXT, Server
from tests.examples import small_papers
from tests.lazily import skip_without

skip_without("schemathesis")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]
# Set it by hand to search longer: 400 examples of each operation take five minutes.
_EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "40")
_CASES = 5 * int(_EXAMPLES)
_KEY = "a key of forty random characters or so"
# Where some papers can be read, those that cannot are answered with an error of their own in an answer of status 200:
# bad items are no reason to refuse the request there. All other requests that break the schema have to be refused.
# No schema says which day is today, so a date that it allows may lie in the future, or be the 30th of February.
# Schemathesis' coverage phase does not know `dependentRequired`: it takes a title alone for valid feedback.
_SETTINGS = """
[[operations]]
include-path = ["/api/v1/predict/", "/api/v1/similar/", "/api/v1/embed/"]
checks.negative_data_rejection.expected-statuses = [200, 400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 409, 429, "5xx"]

[[operations]]
include-path = ["/api/v1/feedback/", "/api/v1/advise/"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 409, 429, "5xx"]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The shipped model, with vectors by the shipped MiniLM and an index of a few papers."""
    folder = tmp_path_factory.mktemp("openapi")
    papers = folder / "papers.jsonl"
    rows = [
        {
            "id": f"p{number}",
            "title": "",
            "abstract": paper.abstract.text,
            "categories": list(map(str, paper.categories)),
        }
        for number, paper in enumerate(small_papers(20))
    ]
    papers.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    index = folder / "index"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "entrypoints", "index", str(papers), "--output", str(index), "--model", "minilm"]
    subprocess.run(command, check=True, capture_output=True, cwd=root, timeout=120)
    artifacts: dict[str, Any] = {"ARXIV_CLASSIFIER_ARTIFACTS": str(root / "artifacts")}
    database = f"sqlite:///{folder / 'feedback.sqlite3'}"
    with Server(folder, index=str(index), encoder="minilm", feedback=True, database=database, **artifacts) as running:
        yield running


def test_every_check(server: Server, tmp_path: Path) -> None:
    """All of Schemathesis' checks pass in at least two thousand cases."""
    address = f"http://127.0.0.1:{server.port}/api/v1/schema/"
    (tmp_path / "schemathesis.toml").write_text(_SETTINGS, "utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "run", address, "--checks", "all", "--max-examples", _EXAMPLES]
    command += ["--seed", "1", "--request-timeout", "100", "--no-color", "--phases", "examples,coverage,fuzzing"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=2800, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    cases = re.search(r"(\d+) generated", done.stdout)
    assert cases is not None and int(cases[1]) >= _CASES, done.stdout[-2000:]
    assert not server.events("request_failed")


def generated(server: Server, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The client that openapi-python-client makes of a running server's OpenAPI, imported under a name of its own."""
    document = folder / f"{name}.json"
    document.write_bytes(server.get("/api/v1/schema/").body)
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(document), "--meta", "none"]
    command += ["--output-path", str(folder / name), "--fail-on-warning"]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(folder))
    return importlib.import_module(name)


def test_a_generated_client(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client made from OpenAPI works without a key, has readable names, and returns typed predictions and errors."""
    client = generated(server, tmp_path, "open_client", monkeypatch)
    models, predict = (
        importlib.import_module("open_client.models"),
        importlib.import_module("open_client.api.predict.predict"),
    )
    assert not [name for name in models.__all__ if re.search(r"\d|Type|Body|AllOf|AnyOf|OneOf", name)]
    assert {"PredictRequest", "Paper", "OnError", "FeedbackByRequest", "PaperLabel", "Problem"} <= set(models.__all__)
    with client.Client(f"http://127.0.0.1:{server.port}") as asking:
        paper = models.Paper(abstract=TEXT, title="Segmenting scans", id="2606.01234")
        answer = predict.sync(client=asking, body=models.PredictRequest([TEXT, " ", paper], top_k=2))
        assert isinstance(answer, models.Predictions)
        assert [result.predictions[0].label for result in answer.results[::2]] == ["cs.CV", "cs.CV"]
        assert answer.results[2].id == "2606.01234"
        error = answer.results[1].error
        assert isinstance(error, models.FieldError)
        assert (error.field, error.index) == ("abstracts[1].abstract", 1)
        bad = models.PredictRequest([TEXT, " "], on_error=models.OnError.FAIL)
        problem = predict.sync(client=asking, body=bad)
        assert isinstance(problem, models.Problem)
        assert (problem.status, problem.errors[0].field) == (400, "abstracts[1].abstract")
        feedback = importlib.import_module("open_client.api.feedback.feedback")
        given = models.FeedbackByRequest(labels=[models.PaperLabel.CS_CV], request_id="generated")
        kept = feedback.sync(client=asking, body=models.FeedbackRequest([given]))
        assert kept.feedback[0].kept == models.Kept.CREATED


def test_a_generated_client_with_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With keys, the client sends one, and is refused with an unknown one. Health requires none."""
    with Server(tmp_path, keys=[hashed(_KEY)]) as server:
        client = generated(server, tmp_path, "keyed_client", monkeypatch)
        models, predict = (
            importlib.import_module("keyed_client.models"),
            importlib.import_module("keyed_client.api.predict.predict"),
        )
        health = importlib.import_module("keyed_client.api.health.health")
        address, body = f"http://127.0.0.1:{server.port}", models.PredictRequest([TEXT])
        with client.Client(address) as keyless:
            assert health.sync(client=keyless).model_loaded
        with client.AuthenticatedClient(address, token=_KEY) as known:
            assert predict.sync(client=known, body=body).results[0].predictions[0].label == "cs.CV"
        with client.AuthenticatedClient(address, token="another") as unknown:
            assert predict.sync(client=unknown, body=body).status == 401
