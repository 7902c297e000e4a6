"""Requests for similar papers."""

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from entrypoints.registry import EMBEDDERS
from tests.examples import small_papers
from tests.lazily import skip_without
from tests.unit.entrypoints.rest.conftest import Call

skip_without("django")


@pytest.mark.parametrize(
    ("abstracts", "top_k", "most"),
    [(1, 1000, None), (10, 1000, None), (128, 78, None), (20_000, 1, None), (128, 79, "78"), (11, 1000, "909")],
)
def test_papers_of_an_answer_are_bounded(environment: None, abstracts: int, top_k: int, most: str | None) -> None:
    """A request asks for 10,000 papers in all at most, or for one for each abstract."""
    from entrypoints.rest.fields import Limits
    from entrypoints.rest.http.problems import ProblemError
    from entrypoints.rest.requests import read_similar

    body = json.dumps({"abstracts": ["image camera"] * abstracts, "top_k": top_k}).encode()
    limits = Limits(20_000, 1000, "2026-01-01")
    if most is None:
        assert read_similar(body, limits).top_k == top_k
        return
    with pytest.raises(ProblemError, match=rf"top_k: .* {abstracts} abstracts, send {most} at most") as refused:
        read_similar(body, limits)
    assert refused.value.problem.status == 400


@pytest.fixture
def index(options: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An index of 200 papers behind the API."""
    from entrypoints.rest.state import state

    monkeypatch.setitem(EMBEDDERS, "fake", "tests.fakes.embedder:load_fake")
    indexed = state().container.index_papers(
        "fake", tmp_path / "index", created="2026-11-20T10:11:12+00:00", on_indexed=abs
    )
    indexed(small_papers(200))
    options(index=str(tmp_path / "index"))


def test_each_abstract_has_its_similar_papers(call: Call, index: None) -> None:
    """An answer has the papers of each abstract in order, and the error of one that cannot be read."""
    answer = call(
        "POST", "similar/", {"abstracts": ["image camera", " ", {"abstract": "graph", "id": "ä"}], "top_k": 3}
    )
    found = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert [len(each.get("similar", [])) for each in found["results"]] == [3, 0, 3]
    assert set(found["results"][0]["similar"][0]) == {"id", "title", "categories", "similarity"}
    assert found["results"][1]["error"]["field"] == "abstracts[1].abstract"
    assert found["results"][2]["id"] == "ä"
    assert found["model_version"]


def test_an_answer_takes_little_more_memory_than_its_bytes(call: Call, index: None) -> None:
    """The papers found for one abstract are kept as JSON while those for others are found."""
    ask = {"abstracts": ["image camera"] * 50, "top_k": 200}
    size = len(call("POST", "similar/", ask).content)
    tracemalloc.start()
    call("POST", "similar/", ask)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * size
