"""The example notebook and the made-up papers that it reads."""

import json
from pathlib import Path

import pytest

from scripts.example_papers import TWINS, example_papers, main
from tests.lazily import lazily

notebook = lazily("scripts.notebook")


def test_example_papers_are_the_same_each_time() -> None:
    """The same seed gives the same papers, another seed others, and aliases come together."""
    papers = list(example_papers(300))
    assert papers == list(example_papers(300)) != list(example_papers(300, seed=1))
    assert len({str(paper["id"]) for paper in papers}) == 300
    for paper in papers:
        categories = paper["categories"]
        assert isinstance(categories, list) and len(set(categories)) == len(categories) > 0
        assert all(TWINS[each] in categories for each in categories if each in TWINS)


def test_example_papers_are_written_as_lines(tmp_path: Path) -> None:
    """The command writes one line of JSON for each paper."""
    main([str(tmp_path / "papers.jsonl"), "3"])
    lines = (tmp_path / "papers.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["example-0", "example-1", "example-2"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")  # what a notebook's kernel and its libraries warn of
def test_the_notebook_shows_what_it_computes() -> None:
    """The notebook runs from its first cell to its last, and prints what is stored in it."""
    for package in ("nbclient", "ipykernel", "matplotlib"):
        pytest.importorskip(package)
    stored = json.loads(notebook.NOTEBOOK.read_text("utf-8"))["cells"]
    fresh = notebook.executed().cells
    assert [_printed(cell) for cell in fresh] == [_printed(cell) for cell in stored]
    assert sum(len(_printed(cell)) for cell in stored) == 5
    assert [len(cell.get("outputs", [])) for cell in fresh] == [len(cell.get("outputs", [])) for cell in stored]


def _printed(cell: dict[str, object]) -> list[str]:
    outputs = cell.get("outputs", [])
    assert isinstance(outputs, list)
    return ["".join(each["text"]) for each in outputs if each["output_type"] == "stream"]
