"""`arxiv-classifier doctor`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from entrypoints.cli.main import main
from tests.architecture.test_start_up import HEAVY, start
from tests.e2e.server import Server

ROOT = Path(__file__).parents[2]


def doctor(folder: Path, **variables: str) -> tuple[int, list[dict[str, Any]]]:
    """Returns the exit code and the findings of the JSON output."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "entrypoints", "doctor", "--json"]
    done = subprocess.run(command, cwd=folder, env={**kept, **variables}, capture_output=True, text=True, timeout=100)
    return done.returncode, json.loads(done.stdout)["findings"]


def of(findings: list[dict[str, Any]], subject: str) -> list[str]:
    """The messages about a subject."""
    return [each["message"] for each in findings if each["subject"] == subject]


def test_a_sound_installation(tmp_path: Path) -> None:
    """A sound installation has no failure. The shipped models are found and verified."""
    code, findings = doctor(tmp_path)
    assert code == 0, findings
    assert of(findings, "model in use")[0].startswith("baseline/")
    assert len(of(findings, "model")) >= 3


def test_a_damaged_model(tmp_path: Path) -> None:
    """A model with an altered file is a failure with exit code 1 that names the file."""
    bundle = tmp_path / "models" / "baseline" / "20260101T000000Z"
    shutil.copytree(ROOT / "artifacts" / "baseline", bundle)
    file = bundle / "thresholds.json"
    file.write_text(file.read_text("utf-8") + " ", "utf-8")
    code, findings = doctor(tmp_path, MODEL_PATH=str(bundle))
    failures = [each for each in findings if each["outcome"] == "failure"]
    assert code == 1
    assert failures and all("thresholds.json" in each["message"] and each["remedy"] for each in failures)


def test_settings_with_their_sources(tmp_path: Path) -> None:
    """Each setting is shown with its source, the environment over the file, and secrets are masked."""
    config = tmp_path / "my.yaml"
    config.write_text("seed: 3\napi:\n  rate: 600/minute\n", "utf-8")
    _, findings = doctor(
        tmp_path,
        ARXIV_CLASSIFIER_CONFIG=str(config),
        ARXIV_CLASSIFIER_SEED="7",
        ARXIV_CLASSIFIER_API__DATABASE="postgresql://papers:unspeakable@db/papers",
        ARXIV_CLASSIFIER_API__SECRET_KEY="unspeakable" * 5,
        ARXIV_CLASSIFIER_API__KEYS="unspeakable",  # a key in the place of its hash
    )
    said = of(findings, "settings")
    assert "seed = 7 (from ARXIV_CLASSIFIER_SEED)" in said
    assert f"api.rate = 600/minute (from {config})" in said
    assert "unspeakable" not in json.dumps(findings)


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    """A bad setting is a failure, and everything else is still examined."""
    code, findings = doctor(tmp_path, ARXIV_CLASSIFIER_SED="7")
    (told,) = of(findings, "settings")
    assert code == 1 and "ARXIV_CLASSIFIER_SEED" in told
    assert of(findings, "model in use") and of(findings, "port")


def test_a_source_that_no_file_can_have(tmp_path: Path) -> None:
    """A data set whose name is too long for a file is a warning, and everything after it is examined."""
    code, findings = doctor(tmp_path, ARXIV_CLASSIFIER_DATASET="x" * 300)
    assert code == 0 and of(findings, "port")
    assert [each["outcome"] for each in findings if each["subject"] == "data"] == ["warning"]


def test_is_light() -> None:
    """The doctor imports no library that only training, serving or tracking needs."""
    output, packages = start(["doctor", "--json"])
    assert json.loads(output)["findings"] and packages & HEAVY == set()


def test_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json, each finding is a line."""
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok       versions: arxiv-classifier ")


def test_a_server_s_log_begins_with_it(tmp_path: Path) -> None:
    """The first line of a server's log has the doctor's findings on the program, the machine and the settings."""
    with Server(tmp_path, rate="600/minute") as server:
        first = server.lines()[0]
    assert first["event"] == "surroundings_examined"
    assert "settings: api.rate = 600/minute (from ARXIV_CLASSIFIER_API__RATE)" in first["findings"]
