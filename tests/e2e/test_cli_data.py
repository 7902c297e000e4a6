"""`arxiv-classifier data` on files, whole and broken."""

import json
import signal
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from domain.labelled_abstract import LabelledAbstract
from tests import fork_server
from tests.e2e.done import Run
from tests.examples import small_papers
from tests.workbooks import write_workbook

FILES = ["test.parquet", "train.parquet", "validation.parquet"]


def _record(paper: LabelledAbstract) -> dict[str, object]:
    return {
        "id": paper.abstract.id,
        "title": paper.abstract.title,
        "abstract": paper.abstract.text,
        "categories": [str(category) for category in paper.categories],
        "year_month": paper.month,
    }


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Forty-eight papers of twelve months, and a broken line after the third."""
    lines = [json.dumps(_record(paper)) for paper in small_papers(48)]
    path = tmp_path / "papers.jsonl"
    path.write_text("\n".join([*lines[:3], '{"abstract": "half', *lines[3:], ""]))
    return path


def test_stats_as_json(run: Run, source: Path) -> None:
    """The counts come as one JSON object on stdout, and the bad record with its line on stderr."""
    done = run("data", "stats", source, "--json")
    assert done.returncode == 0
    counts = json.loads(done.stdout)
    assert (counts["papers"], counts["bad_records"], len(counts["months"])) == (48, 1, 12)
    assert counts["multi_label_share"] == counts["multi_label"] / 48
    assert b"papers.jsonl:4: The line is not JSON" in done.stderr


def test_stats_as_text(run: Run, source: Path) -> None:
    """Rows, months, multi-label share, lengths and label counts are printed."""
    text = run("data", "stats", source).stdout.decode()
    for words in ("papers:", "2021-01 to 2021-12 (12)", "multi-label:", "with one of the 50:", "longest", "cs.LG"):
        assert words in text


def test_stats_compares_splits(run: Run, tmp_path: Path) -> None:
    """Distances between splits and from arXiv are printed.

    Stderr names categories missing in validation, and leaked papers.
    """
    papers = [dict(_record(paper), abstract=f"paper {number}") for number, paper in enumerate(small_papers(400))]
    without = [paper for paper in papers[280:350] if str(paper["categories"]).find("hep-th") < 0]
    for name, chosen in {"train": papers[:281], "validation": without * 4, "test": papers[350:]}.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(paper) + "\n" for paper in chosen))
    done = run("data", "stats", tmp_path)
    table = done.stdout.decode().split("primary categories of")[1].splitlines()
    assert [line.split()[0] for line in table[1:]] == ["train", "validation", "test"]
    assert table[0].split("  ")[-1].strip() == "from arXiv"
    assert "Nearly absent from validation: hep-th (0 of " in done.stderr.decode()
    assert "Of 281 training papers" in done.stderr.decode()
    found = json.loads(run("data", "stats", tmp_path, "--json").stdout)
    assert found["distances"]["validation"]["train"] > 0.2
    assert "hep-th" in [each["category"] for each in found["scarce"]]
    assert (found["leaked"], found["make_ups"]["test"]["papers"]) == (1, 50)
    assert run("data", "stats", tmp_path, "--strict").returncode == 2


def test_columns_of_other_names_are_named(run: Run, tmp_path: Path) -> None:
    """Without --columns the error shows the option to type. With it, the papers of an Excel workbook are counted."""
    papers = [_record(paper) for paper in small_papers(5)]
    rows = [[paper["abstract"], " ".join(map(str, paper["categories"]))] for paper in papers]  # type: ignore[call-overload]  # a list of texts
    write_workbook(tmp_path / "soil.xlsx", {"papers": [["Summary", "Keywords"], *rows]})
    done = run("data", "stats", "soil.xlsx")
    assert done.returncode == 2
    wanted = "--columns abstract=Summary,categories=Keywords"
    assert f"Say which one is which: {wanted}." in done.sentence
    assert json.loads(run("data", "stats", "soil.xlsx", *wanted.split(), "--json").stdout)["papers"] == 5
    done = run("data", "stats", "a", "--columns", "abstract")
    assert b"'abstract' does not say which column is which" in done.stderr


@pytest.mark.parametrize("command", [["stats"], ["prepare", "--output", "out"]])
def test_strict_stops_at_the_first_bad_record(run: Run, source: Path, command: list[str]) -> None:
    """With --strict a bad record ends the command with exit code 2 and its place, and nothing is written."""
    done = run("data", *command, source, "--strict")
    assert done.returncode == 2
    assert "papers.jsonl:4: The line is not JSON" in done.sentence
    assert done.stdout == b""
    assert sorted(path.name for path in source.parent.iterdir()) == ["papers.jsonl"]


def test_prepare_writes_three_files(run: Run, source: Path) -> None:
    """By time, the newest month is the test split. The counts are printed."""
    done = run("data", "prepare", source, "--output", "out")
    assert done.returncode == 0
    assert [line.split() for line in done.stdout.decode().splitlines()[1:]] == [
        ["train", "40"],
        ["validation", "4"],
        ["test", "4"],
    ]
    assert sorted(path.name for path in (source.parent / "out").iterdir()) == FILES
    assert set(pq.read_table(source.parent / "out" / "test.parquet")["year_month"].to_pylist()) == {"2021-12"}


def test_prepare_leaves_out_what_is_tested(run: Run, tmp_path: Path) -> None:
    """A training paper that is also in test is left out and reported. --strict ends with exit code 2.

    Weights are kept.
    """
    rows = [
        {"id": f"p{n}", "abstract": f"text {n}", "categories": ["cs.LG"], "year_month": f"2020-{n + 1:02}", "weight": n}
        for n in range(9)
    ]
    rows.append({**rows[0], "year_month": "2020-09"})
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sentence = "Of 7 training papers of p.jsonl, 1 is in validation or test as well (p0)."
    done = run("data", "prepare", "p.jsonl", "-o", "out")
    assert (done.returncode, sentence in done.stderr.decode()) == (0, True)
    assert pq.read_table(tmp_path / "out" / "train.parquet")["weight"].to_pylist() == [1, 2, 3, 4, 5, 6]
    strict = run("data", "prepare", "p.jsonl", "-o", "other", "--strict")
    assert (strict.returncode, sentence in strict.stderr.decode()) == (2, True)
    assert not (tmp_path / "other").exists()


def test_prepare_keeps_what_it_is_told(run: Run, source: Path) -> None:
    """`prepare` obeys the given split method, first months and limit, with hyphens or underscores in the options."""
    cut = ["--validation-from", "2021-05", "--test_from", "2021-09"]
    assert b"16" in run("data", "prepare", source, "-o", "cut", *cut).stdout
    assert run("data", "prepare", "cut", "-o", "kept", "--split-by", "source", "--limit_samples", 5).returncode == 0
    assert pq.read_metadata(source.parent / "kept" / "train.parquet").num_rows == 5


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["stats", "none.parquet"], 4, "There is no file or folder none.parquet"),
        (["stats", "empty"], 2, "holds no papers"),
        (["stats", "wrong.csv"], 2, "has the columns text, label; wanted are abstract and categories"),
        (["stats", "cut.parquet"], 2, "is not a whole parquet file"),
        (["prepare", "papers.jsonl", "-o", "papers.jsonl"], 2, "is a file. Name a folder"),
        (["prepare", "papers.jsonl", "-o", "papers.jsonl/out"], 1, "Nothing was written"),
        (["prepare", "papers.jsonl", "-o", "out", "--split-by", "source"], 2, "Split it by time or by hash"),
        (["prepare", "papers.jsonl", "-o", "out", "--test-share", "2"], 2, "shares of validation and test"),
        (["prepare", "cut.parquet", "-o", "out"], 2, "is not a whole parquet file"),
    ],
)
def test_bad_input_is_one_sentence(run: Run, source: Path, arguments: list[str], code: int, words: str) -> None:
    """An unreadable source or an impossible output is one sentence with an exit code, and nothing is written."""
    (source.parent / "empty").mkdir()
    (source.parent / "wrong.csv").write_text("text,label\na,b\n")
    (source.parent / "cut.parquet").write_bytes(b"PAR1 and no more")
    before = sorted(source.parent.rglob("*"))
    done = run("data", *arguments)
    assert done.returncode == code
    assert words in done.sentence
    assert sorted(source.parent.rglob("*")) == before


@pytest.mark.parametrize(("number", "leftover"), [(signal.SIGTERM, 0), (signal.SIGKILL, 1)])
def test_a_killed_prepare_shows_no_output(
    environment: dict[str, str], tmp_path: Path, number: signal.Signals, leftover: int
) -> None:
    """A `prepare` that is killed half-way leaves no folder of that name. After SIGTERM it leaves nothing at all."""
    arguments = ["data", "prepare", "papers.jsonl", "-o", "out", "--split-by", "hash"]
    lines = "".join(json.dumps(_record(paper)) + "\n" for paper in small_papers(2000)).encode()
    (tmp_path / "papers.jsonl").write_bytes(lines * 80)
    environment = {name: value for name, value in environment.items() if name != "MODEL_TYPE"}
    process = fork_server.start(arguments, cwd=tmp_path, env=environment)
    while process.poll() is None and not list(tmp_path.glob(".out.*.part/*")):
        time.sleep(0.01)
    assert process.poll() is None
    process.send_signal(number)
    assert process.wait(30) in (-number, 128 + number)
    assert not (tmp_path / "out").exists()
    assert len(list(tmp_path.glob(".out.*"))) == leftover
