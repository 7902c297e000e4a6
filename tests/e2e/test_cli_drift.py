"""`arxiv-classifier drift` on files and on a prediction log."""

import json
from pathlib import Path

import pytest

from adapters.prediction_log.json_lines import JsonLinesPredictionLog
from domain.category import Category
from domain.experiment import Assignment
from domain.logged_prediction import LoggedPrediction
from domain.prediction import CategoryScore
from tests.e2e.done import Run
from tests.examples import json_lines, small_papers


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Reference papers, other papers of the same kind, and papers of one category."""
    papers = small_papers(900)
    parts = {
        "reference": papers[:400],
        "alike": papers[400:800],
        "vision": [paper for paper in papers if str(paper.primary) == "cs.CV"][:200],
    }
    for name, part in parts.items():
        (tmp_path / f"{name}.jsonl").write_text(json_lines(part))
    return tmp_path


def test_papers_of_the_same_kind_do_not_alert(run: Run, sources: Path) -> None:
    """Papers of the same kind end with exit code 0, and the files are written."""
    done = run("drift", "--reference", "reference.jsonl", "--current", "alike.jsonl", "-o", "out", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["alerts"], found["verdict"]) == (0, False, "none"), done.stderr
    assert sorted(path.name for path in (sources / "out").iterdir()) == ["drift.json", "index.html"]
    assert json.loads((sources / "out" / "drift.json").read_text()) == found


def test_another_mixture_alerts_with_exit_code_1(run: Run, sources: Path) -> None:
    """Papers of one category alone end with 1, and the table says that labels changed."""
    done = run("drift", "--reference", "reference.jsonl", "--current", "vision.jsonl", "-o", "out")
    assert done.returncode == 1
    assert b"changed: labels" in done.stdout
    assert b"ALERT" in done.stdout
    page = (sources / "out" / "index.html").read_text()
    assert "The shares of labels changed" in page and "Shares of labels that changed most" in page


def test_limits_can_be_set(run: Run, sources: Path) -> None:
    """With a limit above every distance, nothing alerts."""
    limits = ["--label-limit", 99, "--word-limit", 99, "--ks-limit", 1, "--mmd-limit", 99]
    assert run("drift", "--reference", "reference.jsonl", "--current", "vision.jsonl", *limits).returncode == 0


def test_a_prediction_log_is_a_source(run: Run, sources: Path) -> None:
    """The log of an API that got papers of one category alerts. Its months are those of the requests."""
    log = JsonLinesPredictionLog(sources / "log")
    scores = (CategoryScore(Category("cs.CV"), 0.95), CategoryScore(Category("cs.LG"), 0.2))
    kind = next(each for each in Assignment if each is not Assignment.SHADOW)
    line = [f"2026-06-{day:02}T12:00:00+00:00" for day in range(1, 29)]
    log.add([LoggedPrediction(time, "r:0", "ab", None, kind, "fake/1", scores[:1], scores, 1.0) for time in line * 10])
    log.close()
    done = run("drift", "--reference", "reference.jsonl", "--current", "log", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, [month["name"] for month in found["months"]]) == (1, ["2026-06"]), done.stderr
    assert found["whole"]["shares"]["cs.CV"] > 0.5
    assert "words" not in {measure["name"] for measure in found["whole"]["measures"]}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--reference", "reference.jsonl"], 2, "Missing option '--current'"),
        (["--reference", "reference.jsonl", "--current", "none.jsonl"], 4, "There is no file or folder none.jsonl"),
        (["--reference", "reference.jsonl", "--current", "one.jsonl"], 2, "one.jsonl holds 1 papers"),
        (["--reference", "one.jsonl", "--current", "one.jsonl", "--vectors", "fake"], 2, "gives no vectors"),
    ],
)
def test_bad_input_is_one_sentence(run: Run, sources: Path, arguments: list[str], code: int, words: str) -> None:
    """Sources that cannot be compared end with a sentence and an exit code other than 1."""
    (sources / "one.jsonl").write_text(json_lines(small_papers(1)))
    done = run("drift", *arguments)
    assert (done.returncode, words in done.stderr.decode()) == (code, True), done.stderr
