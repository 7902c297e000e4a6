"""A stand-in for MLflow's tracking server: what one run asks of its REST interface, and nothing else."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from tests.json_server import json_server


@dataclass(slots=True)
class MlflowServer:
    """Records the requests about runs. While `status` is not 200, it is the status of every answer."""

    status: int = 200
    url: str = ""
    asked: list[str] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[tuple[str, int], float] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)

    def answer(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the answer to a request to that path."""
        self.asked.append(path)
        if path == "experiments/get-by-name":
            return {"experiment": {"experiment_id": "1", "name": "arxiv-classifier", "lifecycle_stage": "active"}}
        if path == "runs/log-batch":
            self.params |= {each["key"]: each["value"] for each in body.get("params", [])}
            self.metrics |= {(each["key"], each.get("step", 0)): each["value"] for each in body.get("metrics", [])}
            return {}
        if path == "runs/update":
            self.ended.append(body["status"])
        info = {"run_id": "abc", "run_uuid": "abc", "experiment_id": "1", "status": "RUNNING", "start_time": 1}
        return {"run": {"info": info, "data": {}}, "run_info": info}


@contextmanager
def serving(server: MlflowServer) -> Iterator[MlflowServer]:
    """The server, answering at its `url` on this machine."""

    def answer(request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, object]:
        if server.status != 200:
            return server.status, {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "down for a while"}
        return 200, server.answer(urlsplit(request.path).path.partition("/mlflow/")[2], json.loads(body or b"{}"))

    with json_server(answer) as server.url:
        yield server
