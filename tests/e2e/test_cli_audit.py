"""`arxiv-classifier data audit` on files."""

import csv
import json
import re
from pathlib import Path

import pytest

from domain.labelled_abstract import LabelledAbstract
from tests.e2e.done import Run
from tests.examples import json_lines, small_papers
from tests.lazily import skip_without

skip_without("datasketch")

FILES = ["audit.json", "duplicates.csv", "index.html", "problems.csv", "queue.csv"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with two splits. A wrong label set, a lone twin and a copy of a training paper in test are planted."""
    papers = [_numbered(paper) for paper in small_papers(60)]
    rows = [json.loads(line) for line in json_lines(papers).splitlines()]
    rows[4]["categories"] = ["cs.CV"]  # its words are of cs.LG
    rows[2]["categories"] = ["math-ph"]
    rows[59] = {**rows[4], "id": "2101.99999", "categories": ["cs.LG"]}
    (tmp_path / "papers").mkdir()
    for name, part in (("train", rows[:40]), ("test", rows[40:])):
        (tmp_path / "papers" / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in part))
    return tmp_path / "papers"


def _numbered(paper: LabelledAbstract) -> LabelledAbstract:
    from domain.abstract import Abstract

    words = paper.abstract.text.split()
    name = f"n{paper.abstract.id}"
    text = " ".join(word for each in words for word in (each, name))
    return LabelledAbstract(Abstract(text, paper.abstract.title, paper.abstract.id), paper.categories)


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_writes_what_it_finds(run: Run, source: Path, tmp_path: Path) -> None:
    """The wrong label set is first in the queue. The missing twin and the copy across splits are listed."""
    done = run("data", "audit", source, "-o", "audit", "--rows", 20)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "audit"
    assert sorted(path.name for path in folder.iterdir()) == FILES
    first = read(folder / "queue.csv")[0]
    assert (first["id"], first["given"], first["suggested"], first["split"]) == (
        "2101.00004",
        "cs.CV",
        "cs.LG",
        "train",
    )
    assert first["reason"].startswith("cs.")
    problem = next(row for row in read(folder / "problems.csv") if row["id"] == "2101.00002")
    assert (problem["problem"], problem["suggested"]) == ("missing twin", "math-ph math.MP")
    (pair,) = read(folder / "duplicates.csv")
    assert (pair["first_id"], pair["second_id"], pair["same_categories"]) == ("2101.00004", "2101.99999", "no")
    assert (pair["first_split"], pair["second_split"]) == ("train", "test")
    facts = json.loads((folder / "audit.json").read_text())
    assert facts["duplicates"]["across"] == [{"splits": ["train", "test"], "pairs": 1}]
    assert facts["problems"] == {"missing twin": 1}
    assert b"in train and test:" in done.stdout


def test_the_page_shows_the_findings(run: Run, source: Path, tmp_path: Path) -> None:
    """The page names the most suspect paper, the problems and the pair, links the files, and loads nothing."""
    assert run("data", "audit", source, "-o", "audit").returncode == 0
    page = (tmp_path / "audit" / "index.html").read_text()
    for words in ("2101.00004", "missing twin", "2101.99999", 'href="queue.csv"', "<svg", "40 of train, 20 of test"):
        assert words in page
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)


def test_folds_train_models_on_the_source(run: Run, source: Path) -> None:
    """With --folds, models that did not see the wrong label set doubt it."""
    done = run("data", "audit", source, "--folds", 3, "--json", "--seed", 1)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["doubted_by"], facts["papers"]) == ("3 folds", 60)
    assert b"Training model 3 of 3." in done.stderr
    assert facts["suspects"] >= 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["papers", "--model", "fake", "--folds", "3"], 2, "--model and --folds exclude one another"),
        (["none.jsonl"], 4, "There is no file or folder none.jsonl"),
        (["other.jsonl"], 2, "has one of the 5 labels"),
        (["one.jsonl", "--folds", "2"], 2, "1 different papers cannot be split into 2 folds"),
        (["papers", "--similarity", "0.1"], 2, "not in the range"),
    ],
)
def test_bad_input_is_one_sentence(run: Run, source: Path, arguments: list[str], code: int, words: str) -> None:
    """A source that cannot be audited ends the command with a sentence and an exit code."""
    row = {"abstract": "We study soil.", "categories": ["q-bio.NC"]}
    (source.parent / "other.jsonl").write_text(json.dumps(row) + "\n")
    (source.parent / "one.jsonl").write_text(json.dumps({**row, "categories": ["cs.LG"]}) + "\n")
    done = run("data", "audit", *arguments)
    assert (done.returncode, words in done.stderr.decode()) == (code, True), done.stderr


def test_one_paper_is_audited(run: Run, tmp_path: Path) -> None:
    """A single paper gives counts of one paper and a page."""
    (tmp_path / "one.jsonl").write_text(json.dumps({"abstract": "brane duality", "categories": ["hep-th"]}) + "\n")
    done = run("data", "audit", "one.jsonl", "-o", "audit", "--json")
    assert (done.returncode, json.loads(done.stdout)["papers"]) == (0, 1)
    assert (tmp_path / "audit" / "index.html").exists()
