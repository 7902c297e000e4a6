"""Papers with labels other than arXiv's, from a file to predictions."""

import csv
import io
import json
from pathlib import Path

import pytest

from scripts.example_reports import LABELS as LABELS_OF_REPORTS
from scripts.example_reports import main as example_reports
from tests.e2e.done import Done, Run
from tests.examples import json_lines, small_papers

COLUMNS = ["--columns", "abstract=Summary,categories=Keywords"]
LABELS = ("Q1: soil", "Q2: water", "physics-dept")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Ninety papers in a table of semicolons, with one label or two."""
    lines = ["Id;Summary;Keywords"]
    for number in range(90):
        first, second = LABELS[number % 3], LABELS[(number + 1) % 3]
        labels = f'"{first}; {second}"' if number % 4 == 0 else first
        lines.append(f"b{number};We study {first} of kind {number}.;{labels}")
    path = tmp_path / "soil.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(autouse=True)
def own_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run) -> None:
    """Models go to a folder of this test."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_ARTIFACTS", str(tmp_path / "models"))


def _train(run: Run, *options: object) -> Done:
    return run("train", "--dataset", "soil.csv", *COLUMNS, "--split-by", "hash", *options)


def _manifest() -> dict[str, object]:
    (path,) = Path("models").glob("fake/*/manifest.json")
    found: dict[str, object] = json.loads(path.read_text())
    return found


def test_labels_of_ones_own_are_learnt_and_predicted(run: Run, source: Path) -> None:
    """A training reports how labels are read. Its model predicts them, and a table's cell holds them as a JSON list."""
    done = _train(run)
    assert done.returncode == 0, done.stderr.decode()
    assert "read with semicolons between them" in done.stderr.decode()
    assert "--columns abstract=Summary,categories=Keywords" in done.stderr.decode()
    manifest = _manifest()
    taxonomy = manifest["taxonomy"]
    assert isinstance(taxonomy, dict)
    assert (manifest["format_version"], taxonomy["label_set"]) == (2, "own")
    assert sorted(each["id"] for each in taxonomy["categories"]) == sorted(LABELS)
    predicted = run("predict", "soil.csv", "--columns", "abstract=Summary", "--format", "csv", "--top-k", 3)
    rows = list(csv.DictReader(io.StringIO(predicted.stdout.decode())))
    assert sorted(json.loads(rows[0]["labels"])) == sorted(LABELS)
    as_json = run("predict", "--text", "soil", "--format", "jsonl", "--top-k", 3).stdout
    assert sorted(each["label"] for each in json.loads(as_json)["predictions"]) == sorted(LABELS)
    assert run("models", "verify", "fake").returncode == 0


def test_the_made_up_reports_are_learnt(run: Run, tmp_path: Path) -> None:
    """The README's table gives a training six labels that are not arXiv's, some reports two of them."""
    example_reports(["reports.csv", "200"])
    stats = json.loads(run("data", "stats", "reports.csv", *COLUMNS, "--json").stdout)
    assert stats["papers"] == 200 and stats["multi_label"] > 20
    done = run("train", "--dataset", "reports.csv", *COLUMNS, "--split-by", "hash")
    assert done.returncode == 0, done.stderr.decode()
    taxonomy = _manifest()["taxonomy"]
    assert isinstance(taxonomy, dict)
    assert (taxonomy["label_set"], {each["id"] for each in taxonomy["categories"]}) == ("own", set(LABELS_OF_REPORTS))


def test_labels_are_chosen_and_named(run: Run, source: Path) -> None:
    """Named labels are learnt in their order, and get the names in a file."""
    Path("names.csv").write_text("label,name\nQ1: soil,Soil science\n")
    done = _train(run, "--categories", "Q2: water,Q1: soil", "--label-names", "names.csv")
    assert done.returncode == 0, done.stderr.decode()
    assert b"Soil science" in run("predict", "--text", "soil", "--top-k", 2).stdout
    taxonomy = _manifest()["taxonomy"]
    assert isinstance(taxonomy, dict)
    assert [each["id"] for each in taxonomy["categories"]] == ["Q2: water", "Q1: soil"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--categories", "Q1: soli"], "has the label Q1: soli. Did you mean Q1: soil?"),
        (["--categories", "Q1: soil,Q1: soil"], "The categories name Q1: soil twice."),
        (["--min-papers", 99], "No label has 99 training papers"),
        (["--label-set", "arxiv"], "cannot be read, a share above 0.01. The first is soil.csv:2:"),
        (["--label-names", "none.csv"], "The names of labels in none.csv cannot be read"),
    ],
)
def test_what_cannot_be_learnt_leaves_nothing(run: Run, source: Path, options: list[object], said: str) -> None:
    """A bad choice of labels and unreadable records end a training with exit code 2, a sentence, and no model."""
    done = _train(run, *options)
    assert done.returncode == 2
    assert said in done.stderr.decode().splitlines()[-1]
    assert not list(Path("models").rglob("manifest.json"))


@pytest.mark.parametrize(
    ("weight", "label", "said"),
    [
        ("0", None, "papers of soil.csv have the weight 0. Give some a greater one."),
        (
            "-1",
            None,
            "cannot be read, a share above 0.01. The first is soil.csv:2: The weight is -1.0. Give a number from 0.",
        ),
        ("nan", None, "The first is soil.csv:2: The weight is nan. Give a number from 0."),
        ("1", "Q1: soil", "training papers have Q1: soil, the only label, so that there is nothing to tell apart."),
    ],
    ids=["all zero", "negative", "no number", "one label"],
)
def test_papers_that_teach_nothing(run: Run, tmp_path: Path, weight: str, label: str | None, said: str) -> None:
    """Invalid weights, and papers that all have one label, end a training with exit code 2 and no model."""
    rows = [f"We study soil {n}.;{label or LABELS[n % 3]};{weight}" for n in range(90)]
    (tmp_path / "soil.csv").write_text("\n".join(["Summary;Keywords;weight", *rows]) + "\n")
    done = _train(run)
    assert done.returncode == 2
    assert said in done.stderr.decode().splitlines()[-1]
    assert not list(Path("models").rglob("manifest.json"))


def test_other_papers_are_not_measured(run: Run, source: Path) -> None:
    """A model is not measured on papers of another label set, and no report is written."""
    assert _train(run).returncode == 0
    Path("arxiv.jsonl").write_text(json_lines(small_papers(20)))
    done = run("evaluate", "--dataset", "arxiv.jsonl", "--output", "report")
    assert done.returncode == 2
    assert "None of the 20 papers of arxiv.jsonl has one of the 3 labels that fake/" in done.stderr.decode()
    assert not Path("report").exists()


def test_statistics_count_own_labels(run: Run, source: Path) -> None:
    """`data stats` counts the labels that papers have."""
    counts = json.loads(run("data", "stats", "soil.csv", *COLUMNS, "--json").stdout)
    assert (counts["papers"], counts["bad_records"], counts["selected"]) == (90, 0, 90)
    assert set(counts["categories"]) == set(LABELS)
