"""The running server against its own OpenAPI: what that allows is answered as it says, and so is what it forbids."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.server import Server
from tests.examples import small_papers

pytest.importorskip("schemathesis")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]
_CASES = 2000
# Where some papers can be read, those that cannot are answered with an error of their own in an answer of status 200:
# bad items are no reason to refuse the request there. All other requests that break the schema have to be refused.
_SETTINGS = """
[[operations]]
include-path = ["/api/v1/predict/", "/api/v1/similar/", "/api/v1/embed/"]
checks.negative_data_rejection.expected-statuses = [200, 400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]
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
    """All of Schemathesis' checks pass in two thousand cases and more."""
    address = f"http://127.0.0.1:{server.port}/api/v1/schema/"
    (tmp_path / "schemathesis.toml").write_text(_SETTINGS, "utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "run", address, "--checks", "all", "--max-examples", "300"]
    command += ["--seed", "1", "--request-timeout", "100", "--no-color", "--phases", "examples,coverage,fuzzing"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=2800, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    cases = re.search(r"(\d+) generated", done.stdout)
    assert cases is not None and int(cases[1]) >= _CASES, done.stdout[-2000:]
    assert not server.events("request_failed")
