"""Whether enough of a source can be read."""

import pytest

from application.papers.readability import CountedDataset
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord
from tests.examples import small_papers
from tests.fakes.dataset import FakeDataset


def _read(papers: int, bad: int) -> CountedDataset:
    records = [BadRecord("soil.csv", line, "The abstract is blank.") for line in range(1, bad + 1)]
    counted = CountedDataset(FakeDataset([*records, *small_papers(papers)]))
    assert len(list(counted.papers(None, lambda record: None))) == papers
    return counted


def test_few_bad_records_are_let_pass() -> None:
    """Up to the share that is allowed, a training goes on."""
    _read(99, 1).refuse_unreadable(0.01)
    _read(0, 0).refuse_unreadable(0.0)


def test_many_bad_records_stop_a_training() -> None:
    """The sentence counts them, shows the first, and says what to type to go on all the same."""
    with pytest.raises(InvalidInputError) as raised:
        _read(97, 3).refuse_unreadable(0.01)
    said = str(raised.value)
    assert "3 of 100 records" in said and "The first is soil.csv:1: The abstract is blank." in said
    assert said.endswith("--max-unreadable 0.04.")
    _read(97, 3).refuse_unreadable(0.04)
