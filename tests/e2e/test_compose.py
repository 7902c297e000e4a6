"""The processes of docker-compose.prod.yml on this machine: API, page, PostgreSQL and Prometheus.

Their settings are those of the merged Compose files; only the names of services are replaced by ports of this machine.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.test_observability import FOLDER, panels, rules
from tests.e2e.compose_files import ROOT, environment_of, merged
from tests.e2e.postgresql import Database, is_there
from tests.e2e.server import TEXT, Client
from tests.e2e.test_proxies import free_port
from tests.waiting import until

PROMETHEUS = shutil.which("prometheus")
MISSING = [name for name, there in (("prometheus", PROMETHEUS), ("postgresql", is_there())) if not there]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SECRETS = {"SECRET_KEY": "s" * 60, "DATABASE_PASSWORD": "papers1991", "GRAFANA_PASSWORD": "unused"}
NEEDED = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
PATIENCE = 180
# Panels that have values as soon as a request was answered; others need hours, refusals, or another exporter.
AT_ONCE = {
    *("Servers that answer", "Requests a second", "Errors", "Saturation", "p95 of a prediction", "Refused models"),
    *("Requests by route and status", "Time of a prediction", "Abstracts a second", "Models that answer"),
    *("Categories given", "Drift of the categories", "Feedback"),
}


@dataclass(frozen=True, slots=True)
class Running:
    """The addresses of the processes."""

    api: Client
    page: Client
    prometheus: Client
    database: Database
    name: str


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """All processes, with the settings of production."""
    if MISSING:
        assert not os.environ.get("CI"), f"{MISSING} have to be installed where CI runs"
        pytest.skip(f"needs {' and '.join(MISSING)}: apt-get install")
    folder = tmp_path_factory.mktemp("compose")
    services = merged("docker-compose.yml", "docker-compose.prod.yml", variables=SECRETS)["services"]
    with Database() as database:
        said = make_database(database, services["database"]["environment"])
        ports = {name: free_port() for name in ("api", "demo", "prometheus")}
        hosts = {
            "@database:5432/": f"@127.0.0.1:{database.port}/",
            "http://api:8000": f"http://127.0.0.1:{ports['api']}",
        }
        processes: list[subprocess.Popen[bytes]] = []
        try:
            environment = NEEDED | environment_of(services["migration"], hosts)
            subprocess.run(program(services["migration"]["command"]), cwd=folder, env=environment, check=True)
            for name, command in (
                ("api", with_port(services["api"]["command"], "8000", ports["api"])),
                ("demo", ["demo", "--host", "127.0.0.1", "--port", str(ports["demo"])]),  # of the image
            ):
                environment = NEEDED | environment_of(services[name], hosts)
                log = (folder / f"{name}.log").open("wb")
                with log:
                    processes.append(
                        subprocess.Popen(program(command), cwd=folder, env=environment, stdout=log, stderr=log)
                    )
            processes.append(prometheus(folder, ports))
            clients = {name: Client(port) for name, port in ports.items()}
            for name, path in (("api", "/api/v1/ready/"), ("prometheus", "/-/ready"), ("demo", "/")):
                until(lambda name=name, path=path: answers(clients[name], path), seconds=PATIENCE)  # type: ignore[misc]
            yield Running(clients["api"], clients["demo"], clients["prometheus"], database, said)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(60)


def program(command: list[str]) -> list[str]:
    """A command of an image, whose entry point is arxiv-classifier."""
    return [sys.executable, "-m", "entrypoints", *command]


def with_port(command: list[str], old: str, new: int) -> list[str]:
    """Returns a command with another port."""
    assert old in command
    return [str(new) if part == old else part for part in command]


def make_database(database: Database, said: dict[str, str]) -> str:
    """Makes the user and the database that PostgreSQL's image makes from its variables."""
    user, name = said["POSTGRES_USER"], said["POSTGRES_DB"]
    database.ask(f"CREATE ROLE {user} LOGIN PASSWORD '{said['POSTGRES_PASSWORD']}'")
    subprocess.run(
        ["createdb", "-h", "127.0.0.1", "-p", str(database.port), "-U", "papers", "-O", user, name], check=True
    )
    return name


def prometheus(folder: Path, ports: dict[str, int]) -> subprocess.Popen[bytes]:
    """Prometheus with the mounted configuration, a period of one second, and the address of this API."""
    shutil.copytree(FOLDER, folder / "prometheus")
    file = folder / "prometheus" / "prometheus.yml"
    settings = yaml.safe_load(file.read_text("utf-8").replace("api:8000", f"127.0.0.1:{ports['api']}"))
    settings["global"] = {"scrape_interval": "2s", "evaluation_interval": "1s"}
    file.write_text(yaml.safe_dump(settings), "utf-8")
    options = [f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    command = [str(PROMETHEUS), *options, f"--web.listen-address=127.0.0.1:{ports['prometheus']}"]
    with (folder / "prometheus.log").open("wb") as log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


def answers(client: Client, path: str) -> bool:
    """Whether a server answers 200."""
    try:
        return client.get(path, timeout=10).status == 200
    except OSError:
        return False


def query(running: Running, expression: str) -> Any:
    """Returns Prometheus' answer to a query."""
    answer = running.prometheus.get(f"/api/v1/query?{urllib.parse.urlencode({'query': expression})}").json()
    assert answer["status"] == "success", (expression, answer)
    return answer["data"]["result"]


def test_a_prediction_and_its_feedback(running: Running) -> None:
    """Feedback on a prediction is in PostgreSQL, and both are counted by Prometheus."""
    answer = running.api.predict(TEXT)
    assert answer.status == 200
    item = {"request_id": answer.headers["X-Request-ID"], "labels": ["cs.CV"], "abstract": TEXT}
    kept = running.api.send("POST", "/api/v1/feedback/", json.dumps({"feedback": [item]}).encode())
    assert kept.status == 200, kept.body
    import psycopg

    url = f"postgresql://papers@127.0.0.1:{running.database.port}/{running.name}"
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT prediction_id FROM feedback_revision").fetchall()
    assert [row[0].startswith(item["request_id"]) for row in rows] == [True]
    counted = 'arxiv_classifier_requests_total{route="api/v1/predict/", status="200"}'
    until(lambda: bool(query(running, counted)), seconds=60)
    until(lambda: bool(query(running, 'arxiv_classifier_feedback_total{kept="created"}')), seconds=60)


def test_the_page_asks_the_api(running: Running) -> None:
    """The page is served, and uses the API at the address in the Compose file."""
    assert b"arxiv-classifier" in running.page.get("/").body


@pytest.mark.parametrize("title", [panel["title"] for panel in panels()])
def test_queries_of_the_dashboard(running: Running, title: str) -> None:
    """Prometheus runs each query of the dashboard. Those about requests have values once some were sent."""
    for _ in range(3):
        assert running.api.predict(TEXT).status == 200
        time.sleep(0.4)
    (panel,) = [each for each in panels() if each["title"] == title]
    for target in panel["targets"]:
        if title in AT_ONCE:
            until(lambda target=target: bool(query(running, target["expr"])), seconds=60)  # type: ignore[misc]
        assert isinstance(query(running, target["expr"]), list)


def test_alert_rules_run(running: Running) -> None:
    """Prometheus has loaded each rule and evaluates it without an error."""
    until(lambda: all(rule["health"] == "ok" for rule in loaded(running)), seconds=60)
    assert {rule["name"] for rule in loaded(running)} == {rule.get("alert") or rule["record"] for rule in rules()}


def loaded(running: Running) -> list[dict[str, Any]]:
    """Returns the rules that Prometheus has loaded."""
    groups = running.prometheus.get("/api/v1/rules").json()["data"]["groups"]
    return [rule for group in groups for rule in group["rules"]]
