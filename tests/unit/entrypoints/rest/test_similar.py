"""Requests for similar papers."""

import json

import pytest

from tests.lazily import skip_without

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
