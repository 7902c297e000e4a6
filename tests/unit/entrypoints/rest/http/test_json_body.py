"""Bodies of JSON that would cost far more memory than they have bytes."""

import time

import pytest

pytest.importorskip("django")
from entrypoints.rest.http.json_body import object_of
from entrypoints.rest.http.problems import ProblemError


@pytest.mark.parametrize("value", [b"{}", b"[]", b"0", b'""', b'{"a":1}'])
def test_too_many_values_are_refused_unread(value: bytes) -> None:
    """A body with millions of small values is refused with the limit, before any is made."""
    body = b'{"abstracts": [' + b",".join([value] * 1_000_000) + b"]}"
    with pytest.raises(ProblemError, match="more than 500,000 values"):
        object_of(body, "abstracts")


@pytest.mark.parametrize("body", [b'"' + b'\\"' * 2_000_000, b'"\\' * 2_000_000, b'"' * 1_000_000])
def test_odd_quotes_take_no_time(body: bytes) -> None:
    """Counting values takes time in proportion to the body's length, however its quotes and backslashes stand."""
    started = time.monotonic()
    with pytest.raises(ProblemError):
        object_of(body, "abstracts")
    assert time.monotonic() - started < 10


def test_marks_within_texts_are_no_values() -> None:
    """A long text of commas and brackets is one value."""
    text = "[{,}]" * 200_000
    assert object_of(f'{{"abstracts": ["{text}"]}}'.encode(), "abstracts") == {"abstracts": [text]}
