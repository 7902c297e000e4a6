"""Variants on a running server: shares, headers, metrics, a slow shadow, feedback, and the report on all of them."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import fork_server
from tests.e2e.done import Run
from tests.e2e.server import TEXT, Answer, Server
from tests.waiting import until

pytest.importorskip("granian")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and fork")

ROOT = Path(__file__).parents[2]
VARIANTS = {
    "champion": {"model": "baseline", "weight": 70},
    "challenger": {"model": str(ROOT / "artifacts" / "baseline"), "weight": 30},
    "dark": {"model": "minilm", "shadow": True},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's working folder, with its log and its database."""
    return tmp_path_factory.mktemp("experiment")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """Two workers with two variants and a shadow, a log of predictions and feedback."""
    database = f"sqlite:///{folder / 'feedback.sqlite3'}"
    log = {"prediction_log": str(folder / "log"), "prediction_log_text": True}
    options: dict[str, Any] = {"variants": VARIANTS, "feedback": True, "database": database, **log}
    with Server(folder, workers=2, **options) as running:
        yield running


def predict(server: Server, *, number: int = 0, **headers: Any) -> Answer:
    """Sends a request for the prediction of a paper that no other request has."""
    body = json.dumps({"abstracts": [f"{TEXT} It is study number {number}."]}).encode()
    return server.send("POST", "/api/v1/predict/", body, **headers)


def command(*arguments: object, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line."""
    settings = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment}
    return fork_server.run(arguments, cwd=folder, env=settings)


def test_an_experiment_from_end_to_end(server: Server, folder: Path) -> None:
    """Requests are shared and stick, metrics are sums over workers, feedback is stored, and the report has all."""
    answers = [predict(server, number=n, X_Request_Key=f"key {n}", X_Request_ID=f"r{n}") for n in range(60)]
    names = [answer.headers["X-Model-Variant"] for answer in answers]
    assert {answer.status for answer in answers} == {200}
    assert 10 <= names.count("challenger") <= 28
    again = [predict(server, X_Request_Key="key 3").headers["X-Model-Variant"] for _ in range(6)]
    assert set(again) == {names[3]}
    assert predict(server, X_Model_Variant="challenger").headers["X-Model-Variant"] == "challenger"
    assert predict(server, X_Model_Variant="dark").status == 400
    refused = predict(server, X_Model_Variant="nobody")
    assert (refused.status, "champion, challenger." in refused.json()["detail"]) == (400, True)

    feedback = [{"request_id": f"r{n}", "labels": ["cs.CV", "eess.IV"]} for n in range(60)]
    sent = server.send("POST", "/api/v1/feedback/", json.dumps({"feedback": feedback}).encode())
    assert [each["kept"] for each in sent.json()["feedback"]] == ["created"] * 60
    until(lambda: metric(server, "variant_requests_total", assignment="shadow") >= 66)
    assert metric(server, "variant_requests_total", assignment="weighted") == 66
    assert metric(server, "variant_requests_total", assignment="forced") == 1
    assert metric(server, "feedback_total", kept="created") == 60
    assert Counter(line.get("variant") for line in server.lines() if "path" in line)["dark"] == 0
    check_report(folder)
    check_export(folder)


def check_report(folder: Path) -> None:
    """The report compares the three, and judges by the feedback in the database."""
    arguments = ("variants", "report", folder / "log", "--feedback", folder / "feedback.sqlite3")
    reports: list[dict[str, Any]] = []

    def judged() -> bool:
        reports.append(json.loads(command(*arguments, "--json", folder=folder).stdout))
        return bool(reports[-1]["judged"] == 60)

    until(judged, every=0.5)
    report = reports[-1]
    assert (report["reference"], [each["name"] for each in report["variants"]]) == (
        "champion",
        ["challenger", "champion", "dark"],
    )
    by_name: dict[str, Any] = {each["name"]: each for each in report["comparisons"]}
    assert by_name["dark"]["pairs"] and by_name["challenger"]["blocks"] and not by_name["challenger"]["pairs"]
    assert by_name["dark"]["test"]["advice"] in ("continue", "stop: alike")
    assert report["variants"][1]["accuracy"]["precision_at_1"]["value"] == 1.0
    done = command(*arguments, folder=folder)
    assert done.returncode == 0, done.stderr
    assert "p95 ms" in done.stdout and "precision@1" in done.stdout and "dark" in done.stdout


def check_export(folder: Path) -> None:
    """The feedback, with the words of the log, is a data set."""
    database = f"sqlite:///{folder / 'feedback.sqlite3'}"
    arguments = ("feedback", "export", "--output", folder / "papers.jsonl", "--log", folder / "log")
    settings = {"ARXIV_CLASSIFIER_API__DATABASE": database}
    done = command(*arguments, folder=folder, **settings)
    assert (done.returncode, "Papers written: 60." in done.stderr) == (0, True), done.stderr
    (line,) = command(*arguments, folder=folder, **settings, ARXIV_CLASSIFIER_LOG_FORMAT="json").stderr.splitlines()
    assert (json.loads(line)["event"], json.loads(line)["papers"]) == ("feedback_exported", 60)
    for name in ("papers.parquet", "papers"):
        refused = command("feedback", "export", "--output", folder / name, folder=folder, **settings)
        assert (refused.returncode, f"ends in .jsonl, not {name}." in refused.stderr) == (2, True), refused.stderr
    described = command("data", "stats", folder / "papers.jsonl", "--json", folder=folder)
    assert json.loads(described.stdout)["papers"] == 60, described.stderr


def test_a_hanging_shadow_delays_no_answer(tmp_path: Path) -> None:
    """With a shadow that hangs in its first paper, requests are answered, copies are dropped, and a stop ends."""
    (tmp_path / "sitecustomize.py").write_text(_HANGING_SHADOW, "utf-8")
    variants = {"champion": {"model": "baseline"}, "dark": {"model": "baseline", "shadow": True}}
    with Server(tmp_path, variants=variants, shadow_queue=8, PYTHONPATH=f"{tmp_path}:{ROOT}") as server:
        assert {predict(server, number=number).status for number in range(60)} == {200}
        until(lambda: (tmp_path / "hangs").exists())
        assert 60 - 8 - 1 <= metric(server, "shadow_dropped_total", variant="dark") <= 60 - 8
        server.process.terminate()
        assert server.process.wait(60) == 0
    assert not server.events("shadow_failed")


_HANGING_SHADOW = """
import pathlib, threading
import application.calibration.platt_scaling as calibration
_predict = calibration.CalibratedClassifier.predict
def _hanging(self, abstracts, **options):
    if threading.current_thread().name == "shadows":
        pathlib.Path("hangs").touch()
        threading.Event().wait()
    return _predict(self, abstracts, **options)
calibration.CalibratedClassifier.predict = _hanging
"""


def test_the_log_is_written_before_the_end(tmp_path: Path) -> None:
    """After SIGTERM, every answered paper is in the log."""
    with Server(tmp_path, prediction_log=str(tmp_path / "log")) as server:
        assert server.predict(*[f"{TEXT} {n}" for n in range(100)]).status == 200
    lines = [line for file in (tmp_path / "log").iterdir() for line in file.read_bytes().splitlines()]
    assert len(lines) == 100


def test_a_log_on_a_full_disk(tmp_path: Path) -> None:
    """If the log's folder cannot be written, requests are answered, and the failure is logged once and counted."""
    (tmp_path / "log").write_text("no folder")
    with Server(tmp_path, prediction_log=str(tmp_path / "log")) as server:
        assert [server.predict(TEXT).status for _ in range(5)] == [200] * 5
        until(lambda: metric(server, "predictions_unlogged_total") == 5)
        assert len(server.events("prediction_log_failed")) == 1


def test_without_the_database_predictions_go_on(tmp_path: Path) -> None:
    """If the database cannot be opened at the start or later, only feedback is refused."""
    (tmp_path / "file").write_text("no database" * 100)
    given = json.dumps({"feedback": [{"request_id": "r", "labels": ["cs.CV"]}]}).encode()
    with Server(tmp_path, feedback=True, database=f"sqlite:///{tmp_path / 'file'}") as server:
        (told,) = server.events("feedback_not_ready")
        assert "manage migrate" in told["remedy"]
        assert server.send("POST", "/api/v1/feedback/", given).status == 503
        assert server.predict(TEXT).status == 200
        (tmp_path / "file").unlink()
        url = {"ARXIV_CLASSIFIER_API__DATABASE": f"sqlite:///{tmp_path / 'file'}"}
        assert command("manage", "migrate", folder=tmp_path, **url).returncode == 0
        assert server.send("POST", "/api/v1/feedback/", given).status == 200


MISSPELT = "Error: The variant 'a' has no option 'wieght'. Did you mean 'weight'?"


def test_bad_settings_refuse_to_start(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invalid variants end the start with one sentence and exit code 2."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_API__VARIANTS", '{"a": {"model": "baseline", "wieght": 3}}')
    done = run("serve")
    assert (done.returncode, done.sentence) == (2, MISSPELT)


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve",),
        ("manage", "check"),
        ("variants", "report", "nowhere", "--feedback"),
        ("feedback", "export", "--output", "x.jsonl"),
    ],
)
def test_a_file_sets_the_api_up(run_apart: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Every command about the API reads `api:` of a --config file, and refuses mistakes in it."""
    (tmp_path / "my.yaml").write_text("api: {variants: {a: {model: baseline, wieght: 3}}}", "utf-8")
    done = run_apart(*arguments, "--config", "my.yaml")
    assert (done.returncode, done.sentence) == (2, MISSPELT)


def test_workers_have_the_settings_of_the_file(tmp_path: Path) -> None:
    """A file's variants hold in the processes that answer, wherever the server was started."""
    (tmp_path / "my.yaml").write_text("api: {variants: {only: {model: baseline}}}", "utf-8")
    with Server(tmp_path, ARXIV_CLASSIFIER_CONFIG="my.yaml") as server:
        assert predict(server).headers["X-Model-Variant"] == "only"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("feedback", "export", "--output", "x.jsonl"), 4, "There is no database artifacts/api.sqlite3"),
        (("feedback", "export", "--output", "x.jsonl.gz"), 4, "There is no database artifacts/api.sqlite3"),
        (("feedback", "export", "--output", "x.csv.gz"), 2, "ends in .jsonl, not x.csv.gz."),
        (("feedback", "export", "--output", "x.jsonl", "--database", "empty.sqlite3"), 4, "manage migrate"),
        (("feedback", "export", "--output", "x.jsonl", "--database", "mysql://me:secret@h/d"), 2, "Write postgresql"),
    ],
)
def test_mistakes_of_an_export_are_sentences(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    """What cannot be exported is named, and nothing is written."""
    (tmp_path / "empty.sqlite3").touch()
    done = command(*arguments, folder=tmp_path)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr and "secret" not in done.stderr
    assert not (tmp_path / "x.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 4, "There is no prediction log in nowhere"),
        (("--feedback", "nothing.sqlite3"), 4, "nothing.sqlite3. Name its file"),
        (("--alpha", "2"), 2, "alpha is 2.0"),
    ],
)
def test_mistakes_of_a_report_are_sentences(run_apart: Run, arguments: tuple[str, ...], code: int, said: str) -> None:
    """What cannot be reported is named."""
    done = run_apart("variants", "report", "nowhere", *arguments)
    assert (done.returncode, said in done.sentence) == (code, True)


def test_the_log_is_not_replaced_by_its_export(tmp_path: Path) -> None:
    """An output that is a file of the log is refused before anything is read, and a folder is refused as one."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "a.jsonl").write_text("{}\n")
    (tmp_path / "link.jsonl").hardlink_to(tmp_path / "log" / "a.jsonl")
    for output, said in (("link.jsonl", "are one file, which would be read"), ("log", "log is a folder.")):
        done = command("feedback", "export", "--log", "log", "--output", output, folder=tmp_path)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert (tmp_path / "log" / "a.jsonl").read_text() == "{}\n"


def test_a_report_says_what_it_leaves_out(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Predictions of a variant's earlier models are left out and counted on stderr, which is JSON if the log is."""
    line = (
        '{{"time": "2026-11-25T10:00:0{0}.000+00:00", "prediction_id": "r{0}:0", "paper_sha256": "{0}", '
        '"variant": "a", "assignment": "weighted", "model": "x/{0}", "labels": [], "top": [], "milliseconds": 1.0}}\n'
    )
    (tmp_path / "predictions-1.jsonl").write_text(line.format(1) + line.format(2))
    plain = run("variants", "report", tmp_path)
    assert (plain.returncode, b"x/2" in plain.stdout, b"x/1" in plain.stdout) == (0, True, False), plain.stderr
    assert b"Left out: 1 of the predictions, made by earlier models of a variant" in plain.stderr
    assert b"a (x/1)" in run("variants", "report", tmp_path, "--all-models").stdout
    monkeypatch.setenv("ARXIV_CLASSIFIER_LOG_FORMAT", "json")
    told = run("variants", "report", tmp_path).stderr
    assert [json.loads(each)["event"] for each in told.splitlines()] == ["report_incomplete"] * 2


def metric(server: Server, name: str, **labels: str) -> float:
    """The sum of a metric's values that have some labels."""
    lines = server.get("/metrics").body.decode().splitlines()
    found = [line for line in lines if line.startswith(f"arxiv_classifier_{name}")]
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    return sum(float(line.rpartition(" ")[2]) for line in found if all(each in line for each in wanted))
