"""The Compose files, as they are written; tests/e2e/test_compose.py runs what they say."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCKER = Path(__file__).parents[2] / "docker"
FILES = ("docker-compose.yml", "docker-compose.dev.yml", "docker-compose.prod.yml")
SECRETS = {"SECRET_KEY", "DATABASE_PASSWORD", "GRAFANA_PASSWORD"}
OWN = ("api", "migration", "demo")
_VARIABLE = re.compile(r"\$\{([A-Z_]+)([:?-]*)")


def compose(name: str) -> dict[str, Any]:
    """A Compose file as YAML, its anchors resolved."""
    content: dict[str, Any] = yaml.safe_load((DOCKER / name).read_text("utf-8"))
    return content


def variables(name: str) -> dict[str, set[str]]:
    """The variables of a file, each with how it is asked for: `:-` has a default, `:?` is demanded."""
    found: dict[str, set[str]] = {}
    for variable, how in _VARIABLE.findall((DOCKER / name).read_text("utf-8")):
        found.setdefault(variable, set()).add(how)
    return found


def test_every_variable_is_in_the_example() -> None:
    """`.env.example` has each variable of the Compose files, and none besides."""
    example = (DOCKER / ".env.example").read_text("utf-8")
    offered = {line.partition("=")[0] for line in example.splitlines() if "=" in line and not line.startswith("#")}
    assert offered == {variable for name in FILES for variable in variables(name)}


def test_every_variable_is_in_the_readme() -> None:
    """README.md explains each variable."""
    told = set(re.findall(r"`([A-Z_]+)`", (DOCKER / "README.md").read_text("utf-8")))
    assert {variable for name in FILES for variable in variables(name)} - told == set()


def test_images_have_the_version_of_the_project() -> None:
    """The tags of the images are the version in pyproject.toml."""
    version = tomllib.loads((DOCKER.parent / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    said = "".join((DOCKER / name).read_text("utf-8") for name in (*FILES, ".env.example", "Dockerfile"))
    assert set(re.findall(r"VERSION(?::-|=)(\d[\w.]*)", said)) == {version}


def test_production_demands_its_secrets() -> None:
    """No secret has a default in production."""
    demanded = {variable for variable, how in variables("docker-compose.prod.yml").items() if how == {":?"}}
    assert demanded == SECRETS


@pytest.mark.parametrize("service", OWN)
def test_own_services_may_write_nowhere_and_do_nothing(service: str) -> None:
    """The project's containers have a read-only root, no capabilities, and no way to gain any."""
    said = compose("docker-compose.yml")["services"][service]
    assert (said["read_only"], said["cap_drop"], said["tmpfs"]) == (True, ["ALL"], ["/tmp"])
    assert said["security_opt"] == ["no-new-privileges:true"]


def test_production_publishes_the_proxy_alone() -> None:
    """Other machines reach Caddy; whatever else listens does so on this one."""
    ports = {
        service: port
        for name in ("docker-compose.yml", "docker-compose.prod.yml")
        for service, said in compose(name)["services"].items()
        for port in said.get("ports", ())
        if not port.startswith("127.0.0.1:")
    }
    assert set(ports) == {"caddy"}


@pytest.mark.parametrize("name", FILES)
def test_mounted_files_are_there(name: str) -> None:
    """Each folder and file that is mounted from the checkout is in it."""
    mounts = [volume for said in compose(name)["services"].values() for volume in said.get("volumes", ())]
    assert [each for each in mounts if each.startswith(".") and not (DOCKER / each.split(":")[0]).exists()] == []
