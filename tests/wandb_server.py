"""A stand-in for the server of Weights & Biases: what an agent of a sweep and its runs ask, and nothing else."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import yaml

from tests.json_server import json_server


@dataclass(slots=True)
class WandbServer:
    """Gives out runs with `parameters`, one after another, and records the requests about them.

    `stop_after` ends a run early after that number of heartbeats. `status`, if it is not 200, is that of every answer.
    `state` is the sweep's, whose configuration may be altered unless it is `fixed`. `states` are the final states of
    runs by id, and `history` their metrics.
    """

    parameters: Sequence[Mapping[str, object]]
    stop_after: Mapping[str, int] = field(default_factory=dict)
    status: int = 200
    state: str = "RUNNING"
    fixed: bool = False
    url: str = ""
    configs: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    agents: int = 0
    artifacts: list[Mapping[str, Any]] = field(default_factory=list)
    buckets: list[Mapping[str, Any]] = field(default_factory=list)
    handed_out: int = 0
    beats: dict[str, int] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)
    sweeps_of_runs: dict[str, str] = field(default_factory=dict)
    streams: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def history(self, run: str, metric: str) -> list[float]:
        """A run's values of a metric, in order."""
        lines = [
            line
            for part in self.streams.get(run, [])
            for line in part.get("files", {}).get("wandb-history.jsonl", {}).get("content", [])
        ]
        return [row[metric] for row in map(json.loads, lines) if metric in row]

    def exit_code(self, run: str) -> int | None:
        """Returns a run's exit code, or None while it runs."""
        codes = [part["exitcode"] for part in self.streams.get(run, []) if part.get("complete")]
        return int(codes[-1]) if codes else None

    def config(self, run: str) -> dict[str, Any]:
        """Returns a run's final configuration."""
        whole: dict[str, Any] = {}
        for bucket in self.buckets:
            if bucket["name"] == run:
                whole |= {key: said["value"] for key, said in json.loads(bucket.get("config") or "{}").items()}
        return whole

    def answer(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Returns GraphQL's answer."""
        if "query Sweep" in query:
            return {"project": {"sweep": {"id": "U3dlZXA6MQ==", "state": self.state}}}
        if "upsertSweep" in query and variables.get("id"):
            self.updates.append({**variables, "config": yaml.safe_load(variables["config"])})
            self.state = variables.get("state") or self.state
            warnings = ["run_cap cannot be changed"] if self.fixed else []
            return {"upsertSweep": {"sweep": {"name": "sw1"}, "configValidationWarnings": warnings}}
        if "upsertSweep" in query:
            self.configs.append(yaml.safe_load(variables["config"]))
            project = {"name": variables["projectName"], "entity": {"name": variables["entityName"] or "someone"}}
            return {"upsertSweep": {"sweep": {"name": "sw1", "project": project}, "configValidationWarnings": []}}
        if "createAgent" in query:
            self.agents += 1
            return {"createAgent": {"agent": {"id": f"agent{self.agents}"}}}
        if "agentHeartbeat" in query:
            commands = self._commands(json.loads(variables["runState"]))
            return {"agentHeartbeat": {"agent": {"id": variables["id"]}, "commands": json.dumps(commands)}}
        if "upsertBucket" in query:
            self.buckets.append(variables)
            return {"upsertBucket": {"bucket": self._bucket(variables), "inserted": True}}
        if "query ArtifactType" in query:
            return {"project": None}
        if "createArtifact(" in query:
            self.artifacts.append(variables)
            return {"createArtifact": {"artifact": {"id": "a", "state": "COMMITTED", "artifactSequence": {"id": "s"}}}}
        if "viewer" in query:
            return {"viewer": {"id": "v", "username": "someone", "entity": "someone", "email": "", "flags": "{}"}}
        if "createRunFiles" in query:
            urls = [{"name": name, "uploadUrl": f"{self.url}/upload"} for name in variables["files"]]
            return {"createRunFiles": {"runID": "x", "uploadHeaders": [], "files": urls}}
        return {}

    def _commands(self, running: Mapping[str, bool]) -> list[dict[str, Any]]:
        for run in running:
            self.beats[run] = self.beats.get(run, 0) + 1
            if self.beats[run] >= self.stop_after.get(run, 10**9):
                return [{"type": "stop", "run_id": run}]
        if running:
            return []
        if self.again:
            return [self._run(self.again.pop(), "resume")]
        if self.handed_out == len(self.parameters):
            return [{"type": "exit"}]
        self.handed_out += 1
        return [self._run(f"run{self.handed_out - 1}", "run")]

    def _run(self, run: str, kind: str) -> dict[str, Any]:
        parameters = self.parameters[int(run.removeprefix("run"))]
        return {"type": kind, "run_id": run, "args": {name: {"value": value} for name, value in parameters.items()}}

    def _bucket(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        name = variables.get("name") or "x"
        if variables.get("sweep"):
            self.sweeps_of_runs[name] = variables["sweep"]
        project = {"id": "p", "name": variables.get("project") or "p", "entity": {"id": "e", "name": "someone"}}
        return {
            "id": name,
            "name": name,
            "displayName": name,
            "description": None,
            "config": "{}",
            "sweepName": variables.get("sweep"),
            "historyLineCount": 0,
            "project": project,
        }


@contextmanager
def serving(server: WandbServer) -> Iterator[WandbServer]:
    """The server, answering at its `url` on this machine."""

    def answer(request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, object]:
        data: dict[str, Any] = {}
        with server.lock:
            if request.path == "/graphql":
                asked = json.loads(body)
                server.keys.add(request.headers.get("Authorization") or "")
                if server.status == 200:
                    data = {"data": server.answer(asked["query"], asked.get("variables") or {})}
            elif request.path.endswith("/file_stream"):
                server.streams.setdefault(request.path.split("/")[-2], []).append(json.loads(body))
        return server.status, data

    with json_server(answer) as server.url:
        yield server
