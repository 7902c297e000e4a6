"""`arxiv-classifier data report` on files."""

import csv
import json
from pathlib import Path

from tests.e2e.done import Run
from tests.examples import json_lines, own_papers, small_papers

FILES = ["categories.csv", "index.html", "months.csv", "pairs.csv", "report.json"]


def test_writes_a_page_and_its_tables(run: Run, tmp_path: Path) -> None:
    """A folder of splits gives a page, tables and counts. A training paper that is also in test is counted."""
    rows = json_lines(small_papers(60)).splitlines(keepends=True)
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "train.jsonl").write_text("".join(rows[:40]))
    (tmp_path / "papers" / "test.jsonl").write_text("".join(rows[39:]))
    done = run("data", "report", "papers", "-o", "out")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    facts = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (facts["papers"], facts["splits"]) == (61, {"test": 21, "train": 40})
    assert facts["overlaps"] == [{"papers_of": "train", "in": "test", "papers": 1}]
    with (tmp_path / "out" / "categories.csv").open(newline="", encoding="utf-8") as stream:
        assert {row["category"] for row in csv.DictReader(stream)} == {"cs.LG", "hep-th", "math-ph", "math.MP", "cs.CV"}
    assert "Categories that stand together" in (tmp_path / "out" / "index.html").read_text()


def test_labels_of_ones_own_have_no_share_in_arxiv(run: Run, tmp_path: Path) -> None:
    """The page of papers with their own labels has no comparison with arXiv."""
    (tmp_path / "own.jsonl").write_text(json_lines(own_papers(20)))
    assert run("data", "report", "own.jsonl", "-o", "out").returncode == 0
    assert "arXiv" not in (tmp_path / "out" / "index.html").read_text().partition("<body")[2]


def test_mistakes_leave_nothing(run: Run, tmp_path: Path) -> None:
    """A missing source, an empty one, and a file in place of the folder end with a sentence and make no folder."""
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "file").write_text("x")
    for arguments, code, said in (
        (("-o", "out"), 2, "Give SOURCE"),
        (("empty.jsonl", "-o", "out"), 2, "empty"),
        (("empty.jsonl", "-o", "file"), 2, "cannot be made"),
        (("empty.jsonl",), 2, "--output"),
    ):
        done = run("data", "report", *arguments)
        assert (done.returncode, said in done.stderr.decode()) == (code, True), done.stderr.decode()
        assert not (tmp_path / "out").exists()
