"""The other endpoints, and what holds for all of them."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from domain.model_bundle import StoredModel
from entrypoints.cli.main import main
from entrypoints.rest.http.access import hashed
from tests.unit.entrypoints.rest.conftest import TEXT, Call

KEY = "a key of forty random characters or so"


def test_health(call: Call) -> None:
    """The contract of health, byte for byte."""
    response = call("GET", "health/")
    assert response.status_code == 200
    assert response.json() == {"status": "healthy", "model_loaded": True, "model_type": "fake", "version": "1.0.0"}


def test_health_without_a_model(call: Call, stored: StoredModel) -> None:
    """If the model cannot be loaded, health is a 503 with the same fields and a reason, and prediction a problem."""
    shutil.rmtree(stored.folder)
    response = call("GET", "health/")
    assert response.status_code == 503
    found = response.json()
    assert {**found, "reason": ""} == {
        "status": "unhealthy", "model_loaded": False, "model_type": "fake", "version": "1.0.0", "reason": "",
    }  # fmt: skip
    predicted = call("POST", "predict/", {"abstracts": [TEXT]})
    assert (predicted.status_code, predicted["Retry-After"]) == (503, "5")
    assert str(stored.folder) not in predicted.content.decode() + response.content.decode()
    assert call("GET", "live/").status_code == 200
    assert call("GET", "ready/").status_code == 503


def test_health_where_an_older_model_answers(
    call: Call, stored: StoredModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the bundle that a path means now cannot be loaded, health is degraded with a reason, and requests go on."""
    from entrypoints.rest.state import state

    link = tmp_path / "current"
    link.symlink_to(stored.folder)
    monkeypatch.setenv("MODEL_PATH", str(link))
    assert call("GET", "health/").json()["status"] == "healthy"
    link.unlink()
    state().models.reload()
    response = call("GET", "health/")
    found = response.json()
    assert (response.status_code, found["status"], found["model_loaded"]) == (200, "degraded", True)
    assert found["reason"] and str(tmp_path) not in found["reason"]
    assert call("POST", "predict/", {"abstracts": [TEXT]}).status_code == 200
    assert call("GET", "ready/").status_code == 200
    link.symlink_to(stored.folder)
    state().models.reload()
    assert call("GET", "health/").json()["status"] == "healthy"


def test_the_version_is_one_number(call: Call, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Health, OpenAPI, --version and pyproject.toml have the same version (`uv sync` after it changed)."""
    wanted = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"arxiv-classifier {wanted}\n"
    assert call("GET", "health/").json()["version"] == wanted
    assert json.loads(call("GET", "schema/").content)["info"]["version"] == wanted


def test_ready(call: Call) -> None:
    """With a model, requests may be sent."""
    assert call("GET", "ready/").json() == {"status": "ready"}


def test_models(call: Call, stored: StoredModel) -> None:
    """Every stored model is listed, the default and those that are loaded marked."""
    call("GET", "health/")
    found = {each["model"]: each for each in call("GET", "models/").json()["models"]}
    assert (found[stored.name]["default"], found[stored.name]["loaded"]) == (True, True)
    assert found[stored.name]["categories"] == 5


def test_categories(call: Call) -> None:
    """Categories come in the model's order with names, alias, dates and threshold."""
    found = call("GET", "categories/").json()["categories"]
    assert [each["label"] for each in found] == ["cs.LG", "hep-th", "math-ph", "math.MP", "cs.CV"]
    assert found[0] == {
        "label": "cs.LG", "name": "Machine Learning", "group": "Computer Science", "description": "Learning.",
        "alias": None, "started": "2007-01", "retired": None, "threshold": 0.3,
    }  # fmt: skip
    assert (found[1]["retired"], found[2]["alias"], found[4]["threshold"]) == ("2019-12", "math.MP", 0.45)


@pytest.mark.parametrize("path", ["similar/", "embed/"])
def test_what_is_not_set_up_says_so(call: Call, path: str) -> None:
    """Without an index or encoder, the endpoint says that its operator can set one up."""
    response = call("POST", path, {"abstracts": [TEXT]})
    assert response.status_code == 404
    assert "ARXIV_CLASSIFIER_API__" in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "predict/", 405),
        ("PUT", "predict/", 405),
        ("POST", "health/", 405),
        ("GET", "nothing/", 404),
        ("GET", "health", 404),
    ],
)
def test_wrong_addresses(call: Call, method: str, path: str, status: int) -> None:
    """Unknown paths and methods are problem documents."""
    response = call(method, path)
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")


_ASK = """
import json
from entrypoints.rest.server import set_up
set_up()
from django.test import Client
ask = Client(raise_request_exception=False).get
answers = [ask("/nothing", headers={"Host": "localhost"}), ask("/api/v1/models/", headers={"Host": "evil.example"})]
print(json.dumps([[each.status_code, each["Content-Type"], each.json()["type"]] for each in answers]))
"""


def test_debug_changes_no_answer(project: Path) -> None:
    """With DEBUG, an unknown path and an unknown host are problem documents too, and no pages that show settings."""
    command = [sys.executable, "-c", _ASK]
    done = subprocess.run(command, cwd=project, env={**os.environ, "DEBUG": "1"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    of = "urn:arxiv-classifier:problem:"
    assert json.loads(done.stdout.splitlines()[-1]) == [  # behind what is logged
        [404, "application/problem+json", f"{of}not-found"],
        [400, "application/problem+json", f"{of}unknown-host"],
    ]


def test_keys(call: Call, options: Call) -> None:
    """With keys configured, a request needs one of them, in either header; probes need none."""
    options(keys=[hashed("another"), hashed(KEY)])
    body = {"abstracts": [TEXT]}
    assert call("POST", "predict/", body).status_code == 401
    refused = call("POST", "predict/", body, Authorization="Bearer wrong")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
    assert call("POST", "predict/", body, Authorization=f"Bearer {KEY}").status_code == 200
    assert call("POST", "predict/", body, X_API_Key=KEY).status_code == 200
    assert call("GET", "health/").status_code == 200


def test_keys_are_revoked_without_a_restart(call: Call, options: Call, tmp_path: Path) -> None:
    """A key whose line is taken out of the file opens nothing any more. A file that is gone opens nothing at all."""
    file = tmp_path / "keys"
    file.write_text(f"# who\n{hashed(KEY)} alice\n{hashed('other')} bob\n", "utf-8")
    options(keys_file=str(file))
    assert call("GET", "models/", X_API_Key=KEY).status_code == 200
    file.write_text(f"{hashed('other')}\n", "utf-8")
    assert call("GET", "models/", X_API_Key=KEY).status_code == 401
    assert call("GET", "models/", X_API_Key="other").status_code == 200
    file.unlink()
    assert call("GET", "models/", X_API_Key="other").status_code == 401


def test_a_key_is_revoked_though_the_file_looks_the_same(call: Call, options: Call, tmp_path: Path) -> None:
    """A file of the same size and time is read again, be it another one or the same written anew."""
    file, new = tmp_path / "keys", tmp_path / "new"
    for path, key in ((file, KEY), (new, "other")):
        path.write_text(hashed(key), "utf-8")
        os.utime(path, (1, 1))
    options(keys_file=str(file))
    assert call("GET", "models/", X_API_Key=KEY).status_code == 200
    new.replace(file)
    assert call("GET", "models/", X_API_Key=KEY).status_code == 401
    assert call("GET", "models/", X_API_Key="other").status_code == 200
    file.write_text(hashed(KEY), "utf-8")
    os.utime(file, (1, 1))
    assert call("GET", "models/", X_API_Key="other").status_code == 401


def test_lines_that_are_no_hashes(
    call: Call, options: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plain key or other words in the file admit no client and prevent none. The log counts them and repeats none."""
    from entrypoints.rest.logs import set_up

    set_up("json")
    file = tmp_path / "keys"
    file.write_text(f"\ufeff{hashed(KEY)} Zoë\n  # a comment\nclé\n{KEY}\n", "utf-8")
    options(keys_file=str(file))
    assert call("GET", "models/", X_API_Key=KEY).status_code == 200
    assert call("GET", "models/", X_API_Key="clé".encode().decode("latin-1")).status_code == 401
    logged = capsys.readouterr().err
    assert "2 lines are no SHA-256 hashes" in logged
    assert "clé" not in logged and "forty" not in logged


def test_a_file_of_keys_that_is_not_there(
    call: Call, options: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing file of keys is logged once, and not with each request that it refuses."""
    from entrypoints.rest.logs import set_up

    set_up("json")
    options(keys_file=str(tmp_path / "nowhere"))
    assert [call("GET", "models/").status_code for _ in range(3)] == [401] * 3
    assert capsys.readouterr().err.count("keys_not_read") == 1


def test_a_killed_process_leaves_no_lock() -> None:
    """A process that is killed while it counts a request stops no other one from counting."""
    script = """
import os, signal
from entrypoints.rest.http.access import Throttle
throttle = Throttle(2, 3600)
reading, writing = os.pipe()
if not (child := os.fork()):
    with throttle._lock():
        os.write(writing, b"x")
        signal.pause()
os.read(reading, 1)
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
assert [throttle.wait("a") > 0 for _ in range(3)] == [False, False, True]
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)


def test_rates(call: Call, options: Call) -> None:
    """A client beyond its rate gets the seconds to wait. Probes are never refused."""
    options(rate="3/hour")
    assert [call("GET", "models/").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = call("GET", "models/")
    assert 0 < int(refused["Retry-After"]) <= 3600
    assert call("GET", "health/").status_code == 200


def test_rates_are_counted_behind_a_proxy(call: Call, options: Call) -> None:
    """Behind a proxy, the client is who the proxy says, and not whom the client itself names before that."""
    options(rate="1/hour", proxy=True)
    one, other = {"X_Forwarded_For": "6.6.6.6, 10.0.0.1"}, {"X_Forwarded_For": "10.0.0.2"}
    assert call("GET", "models/", **one).status_code == 200
    assert call("GET", "models/", X_Forwarded_For="7.7.7.7, 10.0.0.1").status_code == 429
    assert call("GET", "models/", **other).status_code == 200


def test_a_body_that_is_too_large(call: Call, options: Call) -> None:
    """A body beyond the limit is refused before it is read, with the limit."""
    options(max_body_bytes=100)
    response = call("POST", "predict/", {"abstracts": ["a" * 200]})
    assert response.status_code == 413
    assert "the limit is 100" in response.json()["detail"]


def test_a_compressed_body(call: Call) -> None:
    """A body that would have to be blown up is refused."""
    response = call("POST", "predict/", b"\x1f\x8b", Content_Encoding="gzip")
    assert (response.status_code, response["Accept-Encoding"]) == (415, "identity")


def test_a_form_is_no_json(call: Call) -> None:
    """A body of another type is refused by its type."""
    response = call("POST", "predict/", b"abstracts=a", Content_Type="application/x-www-form-urlencoded")
    assert response.status_code == 415


def test_another_host_is_refused(call: Call) -> None:
    """A name that this server does not have is refused. A probe may use any."""
    assert call("GET", "models/", Host="evil.example").status_code == 400
    assert call("GET", "health/", Host="10.1.2.3").status_code == 200


def test_headers(call: Call) -> None:
    """Answers carry an id, the client's own where it is one, and headers that keep browsers from harm."""
    response = call("GET", "health/", X_Request_ID="abc-1")
    assert response["X-Request-ID"] == "abc-1"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert call("GET", "health/", X_Request_ID="a b\tc")["X-Request-ID"] != "a b\tc"


def test_the_log_has_a_line_for_each_request(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    """The line is JSON with the request's id, what was asked and how long it took. No text of a paper is in it."""
    from entrypoints.rest.logs import set_up

    set_up("json")
    call("POST", "predict/", {"abstracts": [TEXT, ""]}, X_Request_ID="r1")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (line,) = [line for line in lines if line["event"] == "request_finished"]
    assert (line["request_id"], line["status"], line["abstracts"], line["refused"]) == ("r1", 200, 2, 1)
    assert TEXT not in json.dumps(lines)


@pytest.mark.parametrize("host", ["evil.example", "localhost,evil.example"])
def test_a_refused_host_has_one_line(call: Call, capsys: pytest.CaptureFixture[str], host: str) -> None:
    """The log has the line of the request, and no traceback."""
    from entrypoints.rest.logs import set_up

    set_up("json")
    call("GET", "models/", Host=host)
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (line["event"], line["status"], line["level"]) == ("request_finished", 400, "info")


def test_metrics(call: Call, environment: None) -> None:
    """Requests, batch sizes, categories and model versions are counted."""
    from django.test import Client

    call("POST", "predict/", {"abstracts": [TEXT, TEXT]})
    text = Client().get("/metrics").content.decode()
    assert 'arxiv_classifier_predictions_total{category="cs.CV",model="fake"}' in text
    assert "arxiv_classifier_batch_abstracts_bucket" in text
    assert 'arxiv_classifier_model_requests_total{model="fake"' in text
    assert 'route="api/v1/predict/",status="200"' in text


def test_the_schema(call: Call) -> None:
    """OpenAPI names every endpoint with its answers, and the limits that hold."""
    schema = json.loads(call("GET", "schema/").content)
    names = {path.removeprefix("/api/v1/") for path in schema["paths"]}
    assert {"health/", "live/", "ready/", "predict/", "models/", "categories/", "similar/", "embed/"} <= names
    sent = schema["paths"]["/api/v1/predict/"]["post"]["requestBody"]
    assert sent["required"] and sent["content"]["application/json"]["schema"]["$ref"].endswith("/PredictRequest")
    components = schema["components"]["schemas"]
    assert components["PredictRequest"]["properties"]["abstracts"]["maxItems"] == 128
    assert components["Paper"]["properties"]["abstract"]["maxLength"] == 20_000
    assert {"200", "400", "401", "404", "413", "415", "429", "503"} <= schema["paths"]["/api/v1/predict/"]["post"][
        "responses"
    ].keys()


def test_every_503_says_when_to_come_again(call: Call, options: Call, stored: StoredModel) -> None:
    """In the schema and in each answer, 503 comes with Retry-After, and 429 in the schema."""
    schema = json.loads(call("GET", "schema/").content)
    answers = [
        (status, found)
        for path in schema["paths"].values()
        for operation in path.values()
        for status, found in operation["responses"].items()
        if status in ("429", "503")
    ]
    assert len(answers) > 8
    assert all(found["headers"]["Retry-After"]["required"] for _, found in answers)
    options(time_limit=1e-9)
    refused = [call("POST", "predict/", {"abstracts": [TEXT]})]
    options(time_limit=60)
    shutil.rmtree(stored.folder)
    refused += [call("GET", path) for path in ("health/", "ready/", "categories/")]
    refused.append(call("POST", "predict/", {"abstracts": [TEXT]}))
    assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in refused] == [(503, "5")] * 5


def test_the_schema_follows_the_settings(call: Call, options: Call) -> None:
    """The limits are those of the settings; keys are asked for where there are some, but not by probes."""
    assert "security" not in json.dumps(json.loads(call("GET", "schema/").content))
    options(keys=[hashed(KEY)], max_abstracts=7)
    schema = json.loads(call("GET", "schema/", X_API_Key=KEY).content)
    assert schema["components"]["schemas"]["PredictRequest"]["properties"]["abstracts"]["maxItems"] == 7
    assert set(schema["components"]["securitySchemes"]) == {"bearer", "header"}
    assert schema["paths"]["/api/v1/predict/"]["post"]["security"] == [{"bearer": []}, {"header": []}]
    assert "security" not in schema["paths"]["/api/v1/health/"]["get"]


@pytest.mark.parametrize("page", ["docs/", "redoc/"])
def test_pages_ask_nobody_else(call: Call, page: str) -> None:
    """The pages of the documentation name no other host."""
    response = call("GET", page)
    assert response.status_code == 200
    assert "https://" not in response.content.decode().replace("https://www.w3.org", "")
    assert "script-src 'self'" in response["Content-Security-Policy"]


def test_a_failure_is_told_once(
    call: Call, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something unforeseen is one event with its traceback and its request's id, beside the line of the request."""
    from entrypoints.rest.logs import set_up
    from entrypoints.rest.models.served_models import ModelService

    def broken(*_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(ModelService, "named", broken)
    set_up("json")
    assert call("POST", "predict/", {"abstracts": [TEXT]}, X_Request_ID="r1").status_code == 500
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert sorted(line["event"] for line in lines) == ["request_failed", "request_finished"]
    (failed,) = [line for line in lines if line["event"] == "request_failed"]
    assert "nobody foresaw this" in failed["exception"] and failed["request_id"] == "r1"
    assert TEXT not in json.dumps(lines)


def test_a_failure_outside_of_views_has_its_traceback(
    call: Call, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error outside views, such as in the middleware, is logged with its place."""
    from entrypoints.rest.http import middleware
    from entrypoints.rest.logs import set_up

    def broken(_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(middleware, "refusal", broken)
    set_up("json")
    assert call("GET", "models/").status_code == 500
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (failed,) = [line for line in lines if line["event"] == "request_failed"]
    assert "nobody foresaw this" in failed["exception"]
    assert [line["event"] for line in lines].count("library_message") == 0
