"""`predict --arxiv` on a local server of arXiv's API."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.atom_server import AtomPapers, atom_server
from tests.e2e.done import Run
from tests.oai_server import Paper, busy

VERSIONS = (datetime(2026, 6, 2, tzinfo=UTC), datetime(2026, 6, 9, tzinfo=UTC))
WORDS, CATEGORIES = "Network gradient loss.", "hep-th cs.LG q-bio.NC"
PAPERS = [
    Paper("2606.01234", date(2026, 6, 9), VERSIONS, "Networks & layers", WORDS, CATEGORIES),
    Paper("cs/0112017", date(2026, 6, 9), title="Cameras", abstract="Image pixel camera.", categories="cs.CV"),
]


@pytest.fixture
def papers(monkeypatch: pytest.MonkeyPatch, run: Run) -> Iterator[AtomPapers]:
    """Two papers, and the address that serves them."""
    known = AtomPapers(PAPERS)
    with atom_server(known) as endpoint:
        monkeypatch.setenv("ARXIV_CLASSIFIER_ARXIV__LOOKUP_ENDPOINT", endpoint)
        monkeypatch.setenv("ARXIV_CLASSIFIER_ARXIV__PAUSE_SECONDS", "0")
        yield known


def test_true_categories_beside_predicted_ones(run: Run, papers: AtomPapers) -> None:
    """The table marks each category that is true, and names the true ones that are not predicted."""
    done = run("predict", "--arxiv", "2606.01234", "--top-k", "1", "--threshold", "0")
    assert done.returncode == 0, done.stderr
    heading, title, first, *missed = done.stdout.decode().splitlines()
    assert heading.split() == ["id", "label", "probability", "true", "category"]
    assert title.split(maxsplit=1) == ["2606.01234", "2026-06-02: Networks & layers v2"]
    label, _, role, *_ = first.split()
    roles = {"hep-th": "primary", "cs.LG": "cross-list", "q-bio.NC": "cross-list"}
    assert role == roles.pop(label, "no")
    assert [line.split()[0] for line in missed] == list(roles)
    assert all("not given" in line and roles[line.split()[0]] in line for line in missed)
    assert missed[-1].endswith("(not a category of this model)")


def test_as_json(run: Run, papers: AtomPapers) -> None:
    """JSON Lines have title, day of submission and true categories, the primary first, before the predictions."""
    ids = "https://arxiv.org/abs/2606.01234v1,cs/0112017"
    done = run("predict", "--arxiv", ids, "--arxiv", "arXiv:cs/0112017", "--format", "jsonl", "--explain")
    first, second = map(json.loads, done.stdout.splitlines())
    assert {name: first[name] for name in ("id", "title", "submitted", "categories")} == {
        "id": "2606.01234v1",
        "title": "Networks & layers v1",
        "submitted": "2026-06-02",
        "categories": ["hep-th", "cs.LG", "q-bio.NC"],
    }
    assert first["predictions"] and "explanation" in first["predictions"][0]
    assert (second["id"], second["categories"]) == ("cs/0112017", ["cs.CV"])


def test_ids_in_one_argument(run: Run, papers: AtomPapers) -> None:
    """Commas and spaces stand between identifiers."""
    done = run("predict", "--arxiv", "arXiv: 2606.01234 cs/0112017v1,2606.01234v1", "--format", "jsonl")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [
        "2606.01234",
        "cs/0112017v1",
        "2606.01234v1",
    ]


def test_a_file_of_ids(run: Run, papers: AtomPapers) -> None:
    """The papers of a file are written as JSON Lines.

    An unknown or invalid id is named with its line, and the rest goes on.
    """
    Path("ids.txt").write_text("# mine\n2606.01234\n\n2606.99999\nnonsense\n  cs/0112017v1 \n")
    done = run("predict", "--arxiv-file", "ids.txt")
    assert done.returncode == 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["2606.01234", "cs/0112017v1"]
    assert b"ids.txt:4: arXiv has no paper 2606.99999." in done.stderr
    assert b"ids.txt:5: 'nonsense' is not an arXiv identifier." in done.stderr
    assert b"2 bad records left out" in done.stderr
    assert len(papers.asked) == 1


def test_ids_from_stdin(run: Run, papers: AtomPapers) -> None:
    """A file named - is stdin."""
    done = run("predict", "--arxiv-file", "-", input=b"2606.01234\n")
    assert json.loads(done.stdout)["id"] == "2606.01234"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--arxiv", "2606.99999"], "arXiv has no paper 2606.99999."),
        (["--arxiv", "cs.LG"], "'cs.LG' is not an arXiv identifier. Write one as 2606.01234"),
        (["--arxiv", " , "], "No paper is named."),
        (["--arxiv-file", "nowhere.txt"], "nowhere.txt cannot be read: No such file or directory."),
    ],
)
def test_names_what_is_wrong(run: Run, papers: AtomPapers, arguments: list[str], words: str) -> None:
    """An unknown id, a text that is no id and a missing file are one sentence with exit code 2."""
    done = run("predict", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.sentence


def test_unavailable(run: Run, papers: AtomPapers, monkeypatch: pytest.MonkeyPatch) -> None:
    """If arXiv does not answer, the exit code is 4."""
    papers.faults = [busy()] * 9
    done = run("predict", "--arxiv", "2606.01234")
    assert done.returncode == 4
    assert "gives no papers: it answers with HTTP status 503. Try again later." in done.sentence


ONE = ["--arxiv", "2606.01234"]


@pytest.mark.parametrize(
    "arguments", [["--text", "x", *ONE], ["papers.jsonl", "--arxiv-file", "x"], [*ONE, "--format", "csv"]]
)
def test_goes_with_nothing_else(run: Run, papers: AtomPapers, arguments: list[str]) -> None:
    """Ids beside a text or a file, or for a flat format, are a usage error."""
    done = run("predict", *arguments)
    assert (done.returncode, papers.asked) == (2, [])
    assert b"quotes" not in done.stderr


def test_needs_its_extra(run: Run, papers: AtomPapers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library, the sentence names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "arxiv", None)
    done = run("predict", "--arxiv", "2606.01234")
    assert done.returncode == 2
    assert "Run `uv sync --inexact --extra arxiv` in " in done.sentence
