"""The dashboard and the alert rules ask for metrics that the API has."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lazily import skip_without

skip_without("prometheus_client")

FOLDER = Path(__file__).parents[2] / "deploy" / "observability"
DASHBOARD = FOLDER / "grafana" / "dashboards" / "arxiv-classifier.json"
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
