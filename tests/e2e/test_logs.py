"""The log of whole commands and a server, in both forms, also without a stderr."""

import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.done import Done, Run
from tests.e2e.server import TEXT, Server
from tests.examples import small_papers


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Papers of the small taxonomy with a record that cannot be read."""
    rows = [
        {
            "id": paper.abstract.id,
            "title": paper.abstract.title,
            "abstract": paper.abstract.text,
            "categories": " ".join(str(category) for category in paper.categories),
        }
        for paper in small_papers(200)
    ]
    path = tmp_path / "papers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "nonsense\n")
    return path


@pytest.fixture
def training(papers: Path, tmp_path: Path) -> list[str]:
    """A training of three epochs."""
    config = tmp_path / "small.yaml"
    config.write_text("categories: [cs.LG, hep-th, math-ph, math.MP, cs.CV]\nmodel:\n  epochs: 3\n")
    said = {"--dataset": papers, "--config": config, "--output": tmp_path / "models", "--split-by": "hash", "--seed": 3}
    return ["train", *(str(part) for pair in said.items() for part in pair)]


def lines(done: Done) -> list[dict[str, Any]]:
    """Every line of stderr, read as JSON."""
    return [json.loads(line) for line in done.stderr.decode().splitlines()]


def test_a_run_can_be_followed_by_its_id(run: Run, training: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As JSON, every line of a training's stderr has its run id, which the stored model records."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_LOG_FORMAT", "json")
    done = run(*training, "--json")
    assert done.returncode == 0, done.stderr.decode()
    told = lines(done)
    names = [line["event"] for line in told]
    assert names.count("epoch_finished") == 3
    assert {"record_skipped", "papers_split", "run_started", "model_saved", "run_finished"} <= set(names)
    (run_id,) = {line["run_id"] for line in told}
    shown = json.loads(run("models", "show", json.loads(done.stdout)["folder"], "--json").stdout)
    assert shown["run_id"] == run_id


def test_two_runs_have_two_ids(run: Run, training: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same training again is another run."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_LOG_FORMAT", "json")
    first, second = ({line["run_id"] for line in lines(run(*training))} for _ in range(2))
    assert len(first | second) == 2


def test_people_read_sentences(run: Run, training: list[str]) -> None:
    """By default a command writes sentences, each with its event, also if stderr is a file."""
    told = run(*training).stderr.decode().splitlines()
    epochs = [line for line in told if "event=epoch_finished" in line]
    assert [line.partition("] ")[2][:9] for line in epochs] == ["epoch 1  ", "epoch 2  ", "epoch 3  "]
    assert not any(line.startswith("{") for line in told)
    assert any(
        line.endswith("papers.jsonl:201: The line is not JSON: Expecting value: line 1 column 1 (char 0).")
        for line in told
    )


def test_an_error_is_a_line_too(run: Run, training: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As JSON, the error that ends a command is an event with its exit code, and with --debug its traceback."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_LOG_FORMAT", "json")
    done = run(*training, "--strict", "--debug")
    last = lines(done)[-1]
    assert (last["event"], last["exit_code"], last["error"]) == ("command_failed", 2, "InvalidInputError")
    assert done.returncode == 2 and "papers.jsonl:201" in last["message"] and "Traceback" in last["exception"]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_django_s_commands_log_alike(run: Run, monkeypatch: pytest.MonkeyPatch, log_format: str) -> None:
    """The lines of `manage`, and its unforeseen errors, have the configured form."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_LOG_FORMAT", log_format)
    monkeypatch.setattr("django.core.management.commands.check.Command.handle", _log_and_fail)
    done = run("manage", "check")
    assert done.returncode == 1
    if log_format == "console":
        assert "odd [django.db] event=library_message" in done.stderr.decode()
        return
    told = [(line["event"], line.get("logger"), line["message"]) for line in lines(done)]
    assert told[0] == ("library_message", "django.db", "odd")
    assert told[1][0] == "command_failed" and "ZeroDivisionError" in told[1][2]


def _log_and_fail(*_: object, **__: object) -> None:
    logging.getLogger("django.db").error("odd")
    raise ZeroDivisionError


def test_an_error_hides_passwords(run: Run) -> None:
    """The error that ends a command has no password of an address in the options."""
    done = run("train", "--dataset", "postgresql://ann:s3cr3t@host/papers")
    assert done.returncode != 0 and "s3cr3t" not in done.stderr.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize("redirected", ["2>/dev/full", "2>&-"])
def test_a_training_needs_no_stderr(
    command: Sequence[str], environment: dict[str, str], training: list[str], redirected: str, log_format: str
) -> None:
    """With stderr closed or its disk full, a training with bad records ends with its model and exit code 0."""
    shell = ["sh", "-c", f'exec "$@" {redirected}', "sh", *command, *training, "--json"]
    done = subprocess.run(
        shell, env={**environment, "ARXIV_CLASSIFIER_LOG_FORMAT": log_format}, stdout=subprocess.PIPE, timeout=100
    )
    assert done.returncode == 0
    assert (Path(json.loads(done.stdout)["folder"]) / "manifest.json").is_file()


@pytest.mark.parametrize("redirected", ["2>/dev/full", "2>&-"])
def test_a_wrong_call_needs_no_stderr(command: Sequence[str], environment: dict[str, str], redirected: str) -> None:
    """Without a stderr, a wrong call has its exit code and writes nothing to stdout."""
    shell = ["sh", "-c", f'exec "$@" {redirected}', "sh", *command, "predikt"]
    done = subprocess.run(shell, env=environment, stdout=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stdout) == (2, b"")


def test_a_closed_stderr_is_taken_by_no_file(environment: dict[str, str]) -> None:
    """Output of libraries to file descriptor 2 is discarded, and does not get into the next file that is opened."""
    code = (
        "import os; from entrypoints.cli.main import main; main(['--version']);"
        "assert os.fstat(2).st_rdev == os.stat(os.devnull).st_rdev; assert os.open('/', os.O_RDONLY) != 2"
    )
    shell = ["sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, "-c", code]
    assert subprocess.run(shell, env=environment, stdout=subprocess.PIPE, timeout=60).returncode == 0


def test_a_server_speaks_json(tmp_path: Path) -> None:
    """Every line of a server is JSON: granian's lines, and each request's with its id and process."""
    with Server(tmp_path, workers=2) as server:
        server.send("GET", "/api/v1/models/", None, X_Request_ID="mine-1")
        assert server.predict(TEXT).status == 200
        workers = server.workers()
        (line,) = [each for each in server.events("request_finished") if each["path"] == "/api/v1/models/"]
    assert line["request_id"] == "mine-1" and line["pid"] in workers
    told = [json.loads(each) for each in server.said().splitlines()]
    assert {each["event"] for each in told} == {
        "surroundings_examined",
        "model_loaded",
        "library_message",
        "request_finished",
    }
    assert server.process.pid in {each["pid"] for each in told if each["event"] == "library_message"}


def test_a_server_speaks_to_people(tmp_path: Path) -> None:
    """With `log_format` console, a request is a line of names and values."""
    with Server(tmp_path, ARXIV_CLASSIFIER_LOG_FORMAT="console") as server:
        server.predict(TEXT)
    (line,) = [each for each in server.said().splitlines() if "/api/v1/predict/" in each]
    assert "[info     ] request_finished " in line and "method=POST" in line and "status=200" in line
