"""The month that `predict` gives a paper."""

import json
from pathlib import Path

import pytest

from entrypoints.registry import CLASSIFIERS
from tests.e2e.done import Done, Run

BARE, DATED, KNOWN = {"abstract": "a"}, {"abstract": "b", "date": "2014-11-30"}, {"abstract": "c", "id": "1504.00001"}


@pytest.fixture(autouse=True)
def _dated(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """The model's answer shows the month in which each paper was filed."""
    monkeypatch.setitem(CLASSIFIERS, "fake", "tests.fakes.dated_classifier:DatedFamily")


def _file(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "papers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def _months(done: Done) -> list[int]:
    """The month of each paper, 50 for those without a month. The first category's calibration is the identity."""
    assert done.returncode == 0, done.stderr
    return [round(100 * json.loads(line)["predictions"][0]["probability"]) for line in done.stdout.splitlines()]


def test_a_text_has_the_date_given(run: Run) -> None:
    """`--date` sets the month or day on which a text was filed. Without it, the text has no month."""
    call = ("predict", "--text", "a", "--format", "jsonl")
    assert _months(run(*call)) == [50]
    assert _months(run(*call, "--date", "2015-03")) == [3]
    assert _months(run(*call, "--date", "2015-04-30")) == [4]


def test_a_file_says_its_dates_itself(run: Run, tmp_path: Path) -> None:
    """A date column and an arXiv identifier give the month, and `--date` gives that of the other papers."""
    source = _file(tmp_path, BARE, DATED, KNOWN)
    assert _months(run("predict", source)) == [50, 11, 4]
    assert _months(run("predict", source, "--date", "2013-07")) == [7, 11, 4]


@pytest.mark.parametrize(
    ("date", "sentence"),
    [
        ("1985-03", "The date 1985-03 is before arXiv began in 1991-07. Give the month in which the paper was filed."),
        ("9998-01", "The date 9998-01 lies in the future. Give one up to "),
        ("March", "The date is 'March'. Write YYYY-MM or YYYY-MM-DD."),
        ("", "The date is ''. Write YYYY-MM or YYYY-MM-DD."),
    ],
)
def test_a_date_that_cannot_be_is_refused(run: Run, tmp_path: Path, date: str, sentence: str) -> None:
    """A date before arXiv, in the future, or in no known form ends the command, and nothing is written."""
    for source in (("--text", "a"), (_file(tmp_path, BARE),)):
        done = run("predict", *source, "--date", date, "--output", "out.csv")
        assert done.returncode == 2
        assert done.stderr.decode().startswith(f"Error: {sentence}")
        assert not Path("out.csv").exists()


def test_a_bad_date_in_a_file_is_an_error_of_its_row(run: Run, tmp_path: Path) -> None:
    """A row with a bad date is named on stderr, and the others are predicted. With `--strict` it ends the command."""
    source = _file(tmp_path, DATED, {"abstract": "x", "date": "9998-01-01"}, BARE)
    done = run("predict", source)
    assert _months(done) == [11, 50]
    assert "papers.jsonl:2: The date 9998-01-01 lies in the future." in done.stderr.decode()
    assert run("predict", source, "--strict").returncode == 2


def test_arxiv_says_its_dates_itself(run: Run) -> None:
    """`--date` beside `--arxiv` is refused, because arXiv gives the dates."""
    done = run("predict", "--arxiv", "1504.00001", "--date", "2015-04")
    assert done.returncode == 2
    assert "arXiv says when its papers were filed" in done.stderr.decode()
