"""The load test of operators, run by wrk against a server."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.server import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("wrk") is None, reason="needs wrk: apt-get install wrk"),
]
SCRIPT = Path(__file__).parents[2] / "deploy" / "load-test" / "predict.lua"


def wrk(port: int, **environment: str) -> str:
    """What wrk prints after two seconds of load."""
    command = ["wrk", "-t1", "-c2", "-d2s", "--timeout", "60s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}"]
    kept = {**os.environ, **environment}
    return subprocess.run(command, env=kept, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("abstracts", ["1", "8"])
def test_every_request_is_answered(tmp_path: Path, abstracts: str) -> None:
    """A server without a rate answers 200 to each request, and its metrics count the abstracts of a request."""
    with Server(tmp_path) as server:
        said = wrk(server.port, ABSTRACTS=abstracts)
        counted = re.search(rb"arxiv_classifier_batch_abstracts_sum\S* ([\d.]+)", server.get("/metrics").body)
    requests = re.search(r"(\d+) requests in", said)
    assert requests and int(requests[1]) > 0 and "status " not in said and "Non-2xx" not in said
    assert counted and float(counted[1]) >= int(requests[1]) * int(abstracts)


def test_refusals_are_counted_by_status(tmp_path: Path) -> None:
    """Answers other than 200 are printed with their status, so that a rate shows as 429."""
    with Server(tmp_path, rate="1/hour") as server:
        assert re.search(r"status 429: \d+ of \d+ answers", wrk(server.port))
