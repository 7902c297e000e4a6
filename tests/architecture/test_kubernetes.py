"""The manifests that the chart makes, as `kubectl apply -f` takes them."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.json_schemas import faults

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
HELM, SCHEMAS = "helm-python-sdk==0.2.2", "kubernetes-validate==1.37.0"
VERSION = "1.37.0"
ENVIRONMENTS = ["dev", "prod"]
_SECRET = re.compile(r"SECRET|PASSWORD|API_KEY|DATABASE|TOKEN|KEYS")
# A ServiceMonitor is no resource of Kubernetes' own, so that its schemas have none of it.
_FOREIGN = {"ServiceMonitor"}


@cache
def manifests(environment: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The rendered resources by kind and name."""
    text = (FOLDER / "rendered" / f"{environment}.yaml").read_text("utf-8")
    return {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(text)}


def pods(environment: str) -> list[dict[str, Any]]:
    """Returns the pod template of each deployment."""
    return [
        each["spec"]["template"]["spec"] for (kind, _), each in manifests(environment).items() if kind == "Deployment"
    ]


def containers(environment: str) -> list[dict[str, Any]]:
    """Each container, those that run before others too."""
    return [each for pod in pods(environment) for each in (*pod.get("initContainers", ()), *pod["containers"])]


def of_api(environment: str) -> dict[str, Any]:
    """The API's container."""
    found: dict[str, Any] = next(each for each in containers(environment) if each["name"] == "api")
    return found


def settings(environment: str) -> dict[str, str]:
    """The environment variables that are no secret."""
    found: dict[str, str] = manifests(environment)[("ConfigMap", "arxiv-classifier")]["data"]
    return found


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_probes_ask_for_life_and_readiness(environment: str) -> None:
    """A process that does not answer is replaced. One that is not ready gets no requests."""
    api = of_api(environment)
    paths = {probe: api[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    live, ready = "/api/v1/live/", "/api/v1/ready/"
    assert paths == {"startupProbe": live, "livenessProbe": live, "readinessProbe": ready}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pods_fit_the_restricted_profile(environment: str) -> None:
    """Each pod has what Kubernetes' restricted profile demands, and a read-only root."""
    for pod in pods(environment):
        said = pod["securityContext"]
        assert (said["runAsNonRoot"], said["seccompProfile"]) == (True, {"type": "RuntimeDefault"})
        assert said["runAsUser"] > 0 and pod["automountServiceAccountToken"] is False
    for container in containers(environment):
        said = container["securityContext"]
        assert (said["allowPrivilegeEscalation"], said["capabilities"]) == (False, {"drop": ["ALL"]})
        assert said["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_container_has_bounds(environment: str) -> None:
    """Each container says how much processor and memory it asks for, and how much it may take."""
    for container in containers(environment):
        for bound in ("requests", "limits"):
            assert set(container["resources"][bound]) == {"cpu", "memory"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_secret_is_in_clear(environment: str) -> None:
    """Secrets come from a Secret that is made elsewhere. The manifests hold none."""
    assert "Secret" not in {kind for kind, _ in manifests(environment)}
    assert [name for name in settings(environment) if _SECRET.search(name)] == []
    plain = [entry for each in containers(environment) for entry in each.get("env", ()) if "value" in entry]
    assert [entry["name"] for entry in plain if _SECRET.search(entry["name"])] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_settings_are_settings_of_the_program(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program reads the config map, with the secret that production demands beside it."""
    from entrypoints.rest.options import api_options
    from entrypoints.settings import load_settings

    for name, value in settings(environment).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ARXIV_CLASSIFIER_API__SECRET_KEY", "x" * 50)
    options = api_options(load_settings().api)
    assert options.production == (environment == "prod")
    assert "arxiv-classifier-api" in options.allowed_hosts  # by this name the page asks


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_selectors_find_their_pods(environment: str) -> None:
    """Each service, budget and policy selects labels that a pod has, and the page asks the service of the API."""
    labels = [
        each["spec"]["template"]["metadata"]["labels"].items()
        for (kind, _), each in manifests(environment).items()
        if kind == "Deployment"
    ]
    for (kind, _), each in manifests(environment).items():
        if kind in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
            spec = each["spec"]
            wanted = (
                spec["selector"] if kind == "Service" else spec.get("selector", spec.get("podSelector"))["matchLabels"]
            )
            assert any(wanted.items() <= found for found in labels), kind
    (demo,) = [each for each in containers(environment) if each["name"] == "demo"]
    assert demo["env"][0] == {"name": "API_URL", "value": "http://arxiv-classifier-api:8000"}
    assert ("Service", "arxiv-classifier-api") in manifests(environment)


def test_production_scales_and_survives_a_drain() -> None:
    """In production the API grows with its load and requests, and a drained node leaves one of its pods."""
    found = manifests("prod")
    scaling = found[("HorizontalPodAutoscaler", "arxiv-classifier-api")]["spec"]
    assert scaling["minReplicas"] > found[("PodDisruptionBudget", "arxiv-classifier-api")]["spec"]["minAvailable"]
    assert [metric["type"] for metric in scaling["metrics"]] == ["Resource", "Pods"]
    assert "replicas" not in found[("Deployment", "arxiv-classifier-api")]["spec"]  # the autoscaler's alone


def test_production_checks_its_model_before_it_serves() -> None:
    """In production a container verifies the bundle in the volume before the API starts."""
    pod = manifests("prod")[("Deployment", "arxiv-classifier-api")]["spec"]["template"]["spec"]
    verify, migrate = pod["initContainers"]
    assert verify["args"] == ["models", "verify", settings("prod")["MODEL_PATH"]]
    assert migrate["args"] == ["manage", "migrate"]
    mounted = {volume["name"]: volume.get("readOnly", False) for volume in of_api("prod")["volumeMounts"]}
    assert mounted == {"tmp": False, "models": True}


def test_production_keeps_metrics_inside() -> None:
    """The ingress publishes the API and the page over TLS, and no path of it is /metrics."""
    specs = [each["spec"] for (kind, _), each in manifests("prod").items() if kind == "Ingress"]
    rules = [rule for spec in specs for rule in spec["rules"]]
    assert [spec["tls"][0]["hosts"] for spec in specs] == [[rule["host"]] for rule in rules]
    paths = [path for rule in rules for path in rule["http"]["paths"]]
    assert {path["path"]: path["backend"]["service"]["name"] for path in paths} == {
        "/api": "arxiv-classifier-api",
        "/static/drf_spectacular_sidecar": "arxiv-classifier-api",
        "/": "arxiv-classifier-demo",
    }


def test_the_ingress_keeps_a_session_of_the_page_in_one_pod() -> None:
    """The page's ingress sets a cookie that leads to the same pod. Bodies may be longer than ingress-nginx's 1 MB."""
    found = {
        name: each["metadata"]["annotations"] for (kind, name), each in manifests("prod").items() if kind == "Ingress"
    }
    affinity, size = "nginx.ingress.kubernetes.io/affinity", "nginx.ingress.kubernetes.io/proxy-body-size"
    assert {name: each.get(affinity) for name, each in found.items()} == {
        "arxiv-classifier": None,
        "arxiv-classifier-demo": "cookie",
    }
    assert {each[size] for each in found.values()} == {"200m"}


def test_the_api_answers_to_each_name_of_its_service() -> None:
    """Pods of other namespaces may ask the API by the longer names of its service."""
    hosts = settings("prod")["ARXIV_CLASSIFIER_API__ALLOWED_HOSTS"].split(",")
    name = "arxiv-classifier-api"
    assert {name, f"{name}.arxiv-classifier", f"{name}.arxiv-classifier.svc"} < set(hosts)
    assert f"{name}.arxiv-classifier.svc.cluster.local" in hosts


def test_the_service_monitor_finds_the_api() -> None:
    """Prometheus' operator selects the API's service by its labels, and asks for metrics at a port of it."""
    spec = manifests("prod")[("ServiceMonitor", "arxiv-classifier-api")]["spec"]
    service = manifests("prod")[("Service", "arxiv-classifier-api")]
    assert spec["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = spec["endpoints"]
    assert endpoint["path"] == "/metrics"
    job = service["metadata"]["labels"][spec["jobLabel"]]
    assert f'up{{job="{job}"}}' in (FOLDER.parent / "observability" / "alerts.yml").read_text("utf-8")
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_the_alert_rules_become_a_resource() -> None:
    """README's command makes a PrometheusRule of the alert rules, unchanged."""
    readme = (FOLDER / "README.md").read_text("utf-8")
    (command,) = re.findall(r"^(\{ printf .*\}) \\\n  \| kubectl apply", readme, re.MULTILINE)
    made = yaml.safe_load(subprocess.run(["sh", "-c", command], cwd=FOLDER, capture_output=True, check=True).stdout)
    assert made["kind"] == "PrometheusRule"
    assert made["spec"] == yaml.safe_load((FOLDER.parent / "observability" / "alerts.yml").read_text("utf-8"))


def test_the_service_monitor_fits_its_definition() -> None:
    """The service monitor has fields of its definition alone. A field that the definition lacks is found."""
    monitor = manifests("prod")[("ServiceMonitor", "arxiv-classifier-api")]
    assert faults(monitor, FOLDER / "service-monitor.schema.json") == []
    (endpoint,) = monitor["spec"]["endpoints"]
    wrong = {**monitor, "spec": {**monitor["spec"], "endpoints": [{**endpoint, "intervall": "15s"}]}}
    (fault,) = faults(wrong, FOLDER / "service-monitor.schema.json")
    assert fault.startswith("$.spec.endpoints[0]: ") and "intervall" in fault


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_manifests_are_what_the_chart_renders() -> None:
    """Helm's engine renders the committed manifests, its linter finds nothing, and each value has an effect."""
    render("--check")


def render(*arguments: str) -> str:
    """Returns the manifests that Helm's own engine renders, or its error."""
    command = ["uv", "run", "--isolated", "--no-project", "--with", HELM, "--with", "pyyaml"]
    done = subprocess.run(
        [*command, "python", "-m", "scripts.render_chart", *arguments],
        cwd=FOLDER.parents[1], capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"model": {"manifestSha256": "ab"}}, "model.verify and model.manifestSha256 need model.path"),
        ({"model": {"manifestSha256": "ab", "path": "baseline/1"}}, "such as /data/models/baseline/1"),
        ({"migration": {"enabled": True}}, "migration.enabled needs api.existingSecret"),
    ],
)
def test_values_that_would_do_nothing_are_refused(values: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    """Helm's engine refuses a hash without a model's folder, and a migration without a database, with a sentence."""
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values), "utf-8")
    with pytest.raises(AssertionError, match=re.escape(sentence)):
        render("--values", str(tmp_path / "values.yaml"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_odd_values_render(tmp_path: Path) -> None:
    """Settings replace those of the chart, whole numbers have no exponent, and a hash alone verifies."""
    own = {"ARXIV_CLASSIFIER_API__ALLOWED_HOSTS": "one", "ARXIV_CLASSIFIER_API__MAX_BODY_BYTES": 2_000_000}
    values = {
        "api": {"replicas": 0, "settings": {**own, "ARXIV_CLASSIFIER_API__CORS_ORIGINS": ["https://one"]}},
        "demo": {"settings": {"ARXIV_CLASSIFIER_DEMO_ARXIV": True}},
        "image": {"pullSecrets": ["mine"]},
        "model": {"path": "/data/models/one", "manifestSha256": "ab"},
        "networkPolicy": {"egressPorts": [443]},
    }
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values), "utf-8")
    text = render("--values", str(tmp_path / "values.yaml"))
    assert text.count("ARXIV_CLASSIFIER_API__ALLOWED_HOSTS") == 1
    resources = list(yaml.safe_load_all(text))
    validate(resources, tmp_path)
    (data,) = [each["data"] for each in resources if each["kind"] == "ConfigMap"]
    assert data["ARXIV_CLASSIFIER_API__MAX_BODY_BYTES"] == "2000000"
    assert data["ARXIV_CLASSIFIER_API__CORS_ORIGINS"] == '["https://one"]'
    api, page = (each["spec"] for each in resources if each["kind"] == "Deployment")
    pod = api["template"]["spec"]
    assert api["replicas"] == 0 and [each["name"] for each in pod["initContainers"]] == ["verify-model"]
    assert pod["imagePullSecrets"] == [{"name": "mine"}]
    assert {"name": "ARXIV_CLASSIFIER_DEMO_ARXIV", "value": "true"} in page["template"]["spec"]["containers"][0]["env"]
    (policy,) = [each["spec"] for each in resources if each["kind"] == "NetworkPolicy"]
    assert {"ports": [{"protocol": "TCP", "port": 443}]} in policy["egress"]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_manifests_fit_the_schemas_of_kubernetes(environment: str, tmp_path: Path) -> None:
    """Every resource of Kubernetes' own is valid, with no field that its schema lacks."""
    validate(list(manifests(environment).values()), tmp_path)


def validate(resources: list[dict[str, Any]], folder: Path) -> None:
    """Holds resources of Kubernetes' own to the schemas of a current version."""
    file = folder / "manifests.yaml"
    file.write_text(yaml.safe_dump_all([each for each in resources if each["kind"] not in _FOREIGN]), "utf-8")
    command = ["uvx", "--from", SCHEMAS, "kubernetes-validate", "--strict", "-k", VERSION, str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_model_is_held_to_its_hash_before_the_api_starts(tmp_path: Path) -> None:
    """With the hash of its manifest, the first container accepts the bundle, and a bundle of another hash ends it."""
    bundle = tmp_path / "bundle"
    shutil.copytree(FOLDER.parents[1] / "artifacts" / "baseline", bundle, ignore=shutil.ignore_patterns("[0-9]*"))
    digest = hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest()
    model = {"path": str(bundle), "verify": True, "manifestSha256": digest, "existingClaim": "models"}
    (tmp_path / "values.yaml").write_text(yaml.safe_dump({"model": model}), "utf-8")
    resources = list(yaml.safe_load_all(render("--values", str(tmp_path / "values.yaml"))))
    validate(resources, tmp_path)
    (api,) = [each for each in resources if (each["kind"], each["metadata"]["name"][-4:]) == ("Deployment", "-api")]
    (verify,) = api["spec"]["template"]["spec"]["initContainers"]
    command = [*verify["command"], *verify["args"]]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    accepted = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    (bundle / "manifest.json").write_text((bundle / "manifest.json").read_text("utf-8") + "\n", "utf-8")
    refused = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert refused.returncode != 0 and "FAILED" in refused.stdout


def test_production_serves_variants() -> None:
    """In production two variants share the requests, and a third gets copies of some."""
    found = json.loads(settings("prod")["ARXIV_CLASSIFIER_API__VARIANTS"])
    assert {name: each["weight"] for name, each in found.items() if "weight" in each} == {
        "champion": 90,
        "challenger": 10,
    }
    assert found["candidate"] == {"model": "ensemble", "shadow": True, "share": 0.1}
