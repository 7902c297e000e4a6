"""`train` of a real baseline, killed in the middle and started again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.examples import small_papers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CONFIG = {
    "kind": "baseline",
    "split_by": "hash",
    "seed": 5,
    "model": {"epochs": 4, "batch_size": 16, "hidden": [16], "min_count": 1, "patience": 4, "keep_keras": False},
}


def command(folder: Path, output: Path) -> list[str]:
    """The training of a few papers."""
    start = [sys.executable, "-m", "entrypoints", "train", "--json"]
    return [
        *start,
        "--dataset",
        str(folder / "papers.jsonl"),
        "--config",
        str(folder / "config.yaml"),
        "--output",
        str(output),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with papers and a configuration."""
    rows = (
        {
            "id": f"2501.{number:05}",
            "title": paper.abstract.title,
            "abstract": paper.abstract.text,
            "categories": [category.identifier for category in paper.categories],
        }
        for number, paper in enumerate(small_papers(400))
    )
    (tmp_path / "papers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (tmp_path / "config.yaml").write_text(json.dumps(CONFIG), "utf-8")
    return tmp_path


def test_the_same_command_goes_on_and_ends_with_the_same_metrics(folder: Path) -> None:
    """kill -9 after the first epoch, then the same command: it goes on there and ends as an undisturbed run."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    whole = subprocess.run(
        command(folder, folder / "one"), env=environment, cwd=folder, capture_output=True, check=True
    )

    killed = subprocess.Popen(
        command(folder, folder / "two"),
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 200
    while not list((folder / "two").glob(".workspaces/*/*/epoch-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not list((folder / "two").glob("baseline/2*"))

    resumed = subprocess.run(
        command(folder, folder / "two"), env=environment, cwd=folder, capture_output=True, check=True
    )
    said = resumed.stderr.decode()
    assert "Going on with the training" in said
    assert "epoch 1 " not in said
    assert "epoch 4 " in said
    expected, found = json.loads(whole.stdout), json.loads(resumed.stdout)
    for titles in ("with_titles", "without_titles"):
        assert found[titles] == pytest.approx(expected[titles], abs=1e-6)
    assert not list((folder / "two").glob(".workspaces/*"))
