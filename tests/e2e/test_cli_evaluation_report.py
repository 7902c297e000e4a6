"""`arxiv-classifier evaluate --report` and `--fail-if-worse`."""

import re
from pathlib import Path

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from domain.ports.classifier import FitSession
from entrypoints.cli.evaluation_files import FILES
from tests.e2e.done import Run
from tests.examples import json_lines, small_card, small_papers, small_taxonomy
from tests.fakes.classifier import FakeClassifier


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Sixty labelled papers in a JSON Lines file."""
    path = tmp_path / "papers.jsonl"
    path.write_text(json_lines(small_papers(60)))
    return path


def test_report_is_a_page_with_its_tables(run: Run, papers: Path, tmp_path: Path) -> None:
    """`evaluate --report` writes a page, and the tables that the page names."""
    done = run("evaluate", "--models", "fake", "--dataset", papers, "--report", tmp_path / "report")
    assert done.returncode == 0, done.stderr
    assert f"The report is {tmp_path / 'report' / 'index.html'}".encode() in done.stderr
    page = (tmp_path / "report" / "index.html").read_text("utf-8")
    names = set(re.findall(r'<a href="([^#"]+)"', page))
    assert {name for name in names if not name.endswith(".png")} == {
        "report.json",
        "intervals.csv",
        "parts.csv",
        "archives.csv",
        "calibration.csv",
        *FILES,
    }
    assert all((tmp_path / "report" / name).stat().st_size for name in names)


def test_a_worse_model_fails_after_its_report(
    run: Run, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that is worse than the first by more than its margin gives exit code 1, and the report is written."""
    monkeypatch.setattr("adapters.report_writers.html.find_spec", lambda name: None)  # a report without pictures
    models = FilesystemModelStore(tmp_path / "models")
    classifier = FakeClassifier(small_taxonomy())
    classifier.fit(small_papers(2), [], FitSession(1, tmp_path, lambda probabilities: 0.0))
    worse = models.save(small_card("fake"), classifier.save).folder
    call = ("evaluate", "--models", "fake", worse, "--dataset", papers, "--report", "report", "--fail-if-worse")
    done = run(*call, "micro_f1:0.001")
    assert done.returncode == 1
    assert b"is worse than fake/" in done.stderr and b"may be worse by 0.001" in done.stderr
    assert {"differences.csv", "disagreements.csv", "index.html"} <= {path.name for path in Path("report").iterdir()}
    assert run(*call, "micro_f1:1").returncode == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--fail-if-worse", "micro_f1:0.005"], b"Name two or more"),
        (["fake", "--fail-if-worse", "micro_f1"], b"Write for example micro_f1:0.005"),
        (["fake", "--fail-if-worse", "micro_f1:-1"], b"Write for example micro_f1:0.005"),
        (["fake", "--fail-if-worse", "f1:0.1"], b"There is no metric 'f1'"),
    ],
)
def test_a_bad_margin_is_refused_before_measuring(run: Run, papers: Path, given: list[str], said: bytes) -> None:
    """A margin without a number, an unknown metric or a single model is refused with the form to write."""
    done = run("evaluate", "--dataset", papers, "--models", "fake", *given)
    assert done.returncode == 2
    assert said in done.stderr
    assert b"Measuring" not in done.stderr
