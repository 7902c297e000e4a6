"""The dashboard and the alert rules ask for metrics that the API has."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.json_schemas import faults
from tests.lazily import skip_without

skip_without("prometheus_client")

FOLDER = Path(__file__).parents[2] / "deploy" / "observability"
DASHBOARD = FOLDER / "grafana" / "dashboards" / "arxiv-classifier.json"
SCHEMA = FOLDER / "grafana" / "dashboard.schema.json"
GRAFANA = "grafana-foundation-sdk==1769699379!11.6.0"
READ_AND_WRITE = """
import json, sys
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

register_default_plugins()
print(json.dumps(Dashboard.from_json(json.load(sys.stdin)), cls=JSONEncoder))
"""
_METRIC = re.compile(r"\barxiv_classifier_[a-z_]+")


def queries() -> list[str]:
    """Each query of the dashboard and each expression of the rules."""
    return [*(target["expr"] for panel in panels() for target in panel["targets"]), *(rule["expr"] for rule in rules())]


def panels() -> list[dict[str, Any]]:
    """The panels of the dashboard."""
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    return found


def rules() -> list[dict[str, Any]]:
    """The rules that are recorded and those that alert."""
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def exposed() -> set[str]:
    """The names under which the API's metrics can be asked for."""
    from prometheus_client.metrics import MetricWrapperBase

    from entrypoints.rest import metrics
    from entrypoints.rest.variants import metrics as of_variants

    each = [metric for module in (metrics, of_variants) for metric in vars(module).values()]
    families = [family for metric in each if isinstance(metric, MetricWrapperBase) for family in metric.describe()]
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
    return {family.name + ending for family in families for ending in endings[family.type]}


def test_asks_for_what_there_is() -> None:
    """Each metric in a query is one that the API exposes."""
    asked = {name for query in queries() for name in _METRIC.findall(query)}
    assert asked and asked - exposed() == set()


def test_routes_are_routes_of_the_api() -> None:
    """Each route that a query selects is named as the API's metrics name it."""
    asked = {route for query in queries() for route in re.findall(r'route(?:=|!=|=~|!~)"([^"]+)"', query)}
    assert asked == {"api/v1/predict/", "api/v1/(ready|health)/"}


def test_recorded_series_are_recorded() -> None:
    """Each recorded series in a query has its rule."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    assert {name for query in queries() for name in re.findall(r"arxiv_classifier:[a-z0-9_:]+", query)} == recorded


def test_panels_do_not_overlap() -> None:
    """No two panels of the dashboard lie on one another, and none lies beyond its 24 columns."""
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        columns = range(place["x"], place["x"] + place["w"])
        cells = {(x, y) for x in columns for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and max(columns) < 24
        taken |= cells


def test_the_dashboard_fits_its_schema() -> None:
    """Each field of the dashboard is one that Grafana's schema has, with a value that it allows."""
    assert faults(json.loads(DASHBOARD.read_text("utf-8")), SCHEMA) == []


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("gridpos",), {"x": 0}),
        (("gridPos", "w"), 25),
        (("type",), "singlestat"),
        (("options", "reduceOption"), {"calcs": ["last"]}),
        (("targets", 0, "legend"), "x"),
        (("fieldConfig", "defaults", "unit"), ""),
    ],
)
def test_the_schema_finds_mistakes(place: tuple[str | int, ...], wrong: object) -> None:
    """A misspelt field, a panel beyond the grid and a kind of panel that is no more are each found."""
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    *above, last = place
    part: Any = dashboard["panels"][0]
    for step in above:
        part = part[step]
    part[last] = wrong
    found = faults(dashboard, SCHEMA)
    assert found and all(fault.startswith("$.panels[0]") for fault in found)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_grafana_reads_every_field() -> None:
    """Grafana's own classes read the dashboard and write it again with every field. They drop unknown fields."""
    assert lost_in_grafana(DASHBOARD.read_text("utf-8")) == []
    wrong = json.loads(DASHBOARD.read_text("utf-8"))
    wrong["panels"][0]["targets"][0]["legend"] = "x"
    assert lost_in_grafana(json.dumps(wrong)) == ["$.panels[0].targets[0].legend"]


def lost_in_grafana(dashboard: str) -> list[str]:
    """The places that differ after Grafana's classes have read and written a dashboard; null is as good as none."""
    command = ["uv", "run", "--quiet", "--isolated", "--no-project", "--with", GRAFANA, "python", "-c", READ_AND_WRITE]
    done = subprocess.run(command, input=dashboard, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return list(_lost(json.loads(dashboard), json.loads(done.stdout), "$"))


def _lost(given: Any, found: Any, place: str) -> Iterator[str]:
    if isinstance(given, dict) and isinstance(found, dict):
        for name, value in given.items():
            yield from [] if value is None else _lost(value, found.get(name), f"{place}.{name}")
    elif isinstance(given, list) and isinstance(found, list) and len(given) == len(found):
        for number, pair in enumerate(zip(given, found, strict=True)):
            yield from _lost(*pair, f"{place}[{number}]")
    elif given != found:
        yield place


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool: apt-get install prometheus")
def test_alerts_fire_when_they_should() -> None:
    """promtool raises each alert in the case that is written for it, and none for a healthy server."""
    tested = (FOLDER / "alerts_test.yml").read_text("utf-8")
    assert [rule["alert"] for rule in rules() if "alert" in rule and tested.count(rule["alert"]) < 2] == []
    for command in (["check", "config", "prometheus.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run(["promtool", *command], cwd=FOLDER, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
