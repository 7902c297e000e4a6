"""`sweep` of a real baseline on real papers."""

import json
from pathlib import Path

import pytest
import yaml

from tests.e2e.done import Run
from tests.real_papers import BY_TIME, needs_papers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@needs_papers
def test_two_trials_of_a_baseline(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped sweep file drives trainings of the real kind, which end with scores, one model and its options."""
    monkeypatch.delenv("MODEL_TYPE")
    arguments = ("--dataset", BY_TIME, "--split-by", "source", "--limit-samples", 600, "--output", tmp_path)
    done = run("sweep", "--sweep-count", 2, "--epochs", 2, "--json", *arguments)
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert found["trials"]["complete"] + found["trials"]["pruned"] == 2
    assert found["best"]["validation_score"] > 0.05
    best = yaml.safe_load((tmp_path / "sweeps" / "baseline" / "best.yaml").read_text())
    assert best["model"]["learning_rate"] == found["best"]["parameters"]["learning_rate"]
    assert (Path(found["best"]["model"]) / "network.safetensors").is_file()
