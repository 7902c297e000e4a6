"""The requests of an agent of a Weights & Biases sweep, over HTTP.

The library's own functions for them are private and have moved twice between releases. The requests have not changed.
"""

import base64
import json
import netrc
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from domain.errors import ConfigurationError, SweepStorageError

_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
_TIMEOUT_SECONDS = 60

_UPSERT = """
mutation UpsertSweep($config: String, $description: String, $entityName: String, $projectName: String) {
  upsertSweep(input: {config: $config, description: $description, entityName: $entityName, projectName: $projectName}) {
    sweep { name project { name entity { name } } }
    configValidationWarnings
  }
}"""
# The requests of `wandb sweep --update` and `wandb sweep --resume`.
_FIND = """
query Sweep($entity: String, $project: String, $sweep: String!) {
  project(name: $project, entityName: $entity) { sweep(sweepName: $sweep) { id state } }
}"""
_UPDATE = """
mutation UpsertSweep($id: ID, $config: String, $description: String, $state: String, $entityName: String,
    $projectName: String) {
  upsertSweep(input: {id: $id, config: $config, description: $description, state: $state, entityName: $entityName,
      projectName: $projectName}) {
    sweep { name }
    configValidationWarnings
  }
}"""
_REGISTER = """
mutation CreateAgent($host: String!, $projectName: String, $entityName: String, $sweep: String!) {
  createAgent(input: {host: $host, projectName: $projectName, entityName: $entityName, sweep: $sweep}) { agent { id } }
}"""
_HEARTBEAT = """
mutation Heartbeat($id: ID!, $metrics: JSONString, $runState: JSONString) {
  agentHeartbeat(input: {id: $id, metrics: $metrics, runState: $runState}) { agent { id } commands }
}"""


@dataclass(frozen=True, slots=True)
class SweepPlace:
    """The location of a sweep at Weights & Biases."""

    entity: str
    project: str
    sweep: str

    def __str__(self) -> str:
        return f"{self.entity}/{self.project}/{self.sweep}"


class WandbApi:
    """Calls the server at WANDB_BASE_URL, with retries for a while."""

    def __init__(self, *, waits: Sequence[float] = _WAITS, sleep: Callable[[float], None] = time.sleep) -> None:
        self.base = os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai").rstrip("/")
        self._key = _key(self.base)
        self._waits = waits
        self._sleep = sleep

    def create(self, config: Mapping[str, object], *, entity: str | None, project: str) -> SweepPlace:
        """Creates a sweep and returns its location."""
        answer = self._asked(
            _UPSERT,
            {
                "config": json.dumps(config),  # valid YAML, too
                "description": config.get("description"),
                "entityName": entity,
                "projectName": project,
            },
        )["upsertSweep"]
        _refuse_warnings(answer)
        at = answer["sweep"]["project"]
        return SweepPlace(at["entity"]["name"], at["name"], answer["sweep"]["name"])

    def extend(self, place: SweepPlace, config: Mapping[str, object]) -> None:
        """Replaces a sweep's configuration, and restarts the sweep if it was finished.

        Raises ConfigurationError if the server refuses.
        """
        at = {"projectName": place.project, "entityName": place.entity}
        known = self._asked(_FIND, {"entity": place.entity, "project": place.project, "sweep": place.sweep})
        sweep = (known.get("project") or {}).get("sweep")
        if not sweep:
            raise ConfigurationError(f"Weights & Biases has no sweep {place}.")
        said = {"id": sweep["id"], "config": json.dumps(config), "description": config.get("description")}
        finished = str(sweep.get("state")).upper() == "FINISHED"
        answer = self._asked(_UPDATE, {**said, **at, **({"state": "RUNNING"} if finished else {})})
        _refuse_warnings(answer["upsertSweep"])

    def register(self, place: SweepPlace, host: str) -> str:
        """Registers a new agent and returns its id."""
        variables = {"host": host, "projectName": place.project, "entityName": place.entity, "sweep": place.sweep}
        return str(self._asked(_REGISTER, variables)["createAgent"]["agent"]["id"])

    def heartbeat(self, agent: str, running: Sequence[str]) -> list[dict[str, Any]]:
        """Returns the server's commands to an agent with those runs: `run`, `resume`, `stop` or `exit`."""
        states = json.dumps(dict.fromkeys(running, True))
        answer = self._asked(_HEARTBEAT, {"id": agent, "metrics": "{}", "runState": states})
        commands: list[dict[str, Any]] = json.loads(answer["agentHeartbeat"]["commands"] or "[]")
        return commands

    def _asked(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        for wait in (*self._waits, None):
            try:
                return self._answer(query, variables)
            except (OSError, ValueError, KeyError) as error:  # URLError is an OSError
                if wait is None:
                    raise SweepStorageError(
                        f"Weights & Biases at {self.base} does not answer: {getattr(error, 'reason', None) or error}. "
                        "Its trials are kept. When it responds again, repeat the command to continue."
                    ) from error
            self._sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _answer(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        token = base64.b64encode(f"api:{self._key}".encode()).decode()
        request = urllib.request.Request(
            f"{self.base}/graphql",
            json.dumps({"query": query, "variables": dict(variables)}).encode(),
            {"Content-Type": "application/json", "Authorization": f"Basic {token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            error.close()  # the error is also a response with a connection
            _refuse(error, self.base)
            raise
        if answer.get("errors"):
            raise ConfigurationError(f"Weights & Biases refuses: {answer['errors'][0].get('message')}")
        data: dict[str, Any] = answer["data"]
        return data


def _refuse_warnings(answer: Mapping[str, Any]) -> None:
    warnings = answer.get("configValidationWarnings") or []
    if warnings:
        raise ConfigurationError(f"Weights & Biases refuses the sweep: {'; '.join(warnings)}.")


def _refuse(error: urllib.error.HTTPError, base: str) -> None:
    if error.code in (401, 403):
        raise ConfigurationError(
            f"{base} does not take the key in WANDB_API_KEY. Copy it from its settings again."
        ) from error
    if error.code == 404:
        raise SweepStorageError("The sweep is not at Weights & Biases any more. Start another with --name.") from error


def _key(base: str) -> str:
    if os.environ.get("WANDB_API_KEY"):
        return os.environ["WANDB_API_KEY"]
    try:
        found = netrc.netrc(os.environ.get("NETRC")).authenticators(urlsplit(base).hostname or "")
    except (OSError, netrc.NetrcParseError):
        found = None
    if found is None:
        raise ConfigurationError(
            "Sweeps of Weights & Biases need an account. Set WANDB_API_KEY, or leave --sweeper out: Optuna needs none."
        )
    return str(found[2])
