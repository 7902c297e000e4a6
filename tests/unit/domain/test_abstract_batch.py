"""Abstracts as columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch, TextColumn, ids_of, joined, month_named, month_number, one_by_one
from tests.strategies import abstracts

MONTHS = st.sampled_from([None, "1991-07", "1999-12", "2026-01"])
PAPERS = st.lists(st.builds(Abstract.filed, abstracts(), MONTHS), max_size=6)


@given(PAPERS, st.slices(6), MONTHS)
def test_views_are_the_abstracts_of_the_batch(papers: list[Abstract], part: slice, month: str | None) -> None:
    """A batch has the abstracts that it is made of, in slices and with a month too."""
    papers = [paper if paper.id and paper.title else Abstract(paper.text, month=paper.month) for paper in papers]
    batch = AbstractBatch.of(papers)
    part = slice(part.start, part.stop)
    assert list(batch) == papers
    assert list(batch[part]) == papers[part]
    assert list(ids_of(batch[part])) == ids_of(papers[part])
    assert list(batch.filed(month)) == [paper.filed(month) for paper in papers]
    assert list(one_by_one([batch, *papers])) == papers + papers
    assert [batch[row - len(papers)] for row in range(len(papers))] == papers


@given(st.lists(PAPERS, min_size=1, max_size=4), st.booleans())
def test_batches_are_joined_in_order(batches: list[list[Abstract]], in_columns: bool) -> None:
    """The joined batch has all abstracts, and is in columns if all of the batches are."""
    batches = [[Abstract(paper.text, month=paper.month) for paper in papers] for papers in batches]
    columns = [AbstractBatch.of(papers)[1:] for papers in batches]
    whole = joined([*columns, *([] if in_columns else [[Abstract("x")]])])
    assert isinstance(whole, AbstractBatch) == in_columns
    assert list(whole) == [
        *(paper for papers in batches for paper in papers[1:]),
        *([] if in_columns else [Abstract("x")]),
    ]


def test_a_row_beyond_the_end_is_an_index_error() -> None:
    """A batch ends where its columns end."""
    with pytest.raises(IndexError):
        AbstractBatch.of([Abstract("x")])[1]
    with pytest.raises(IndexError):
        TextColumn.of(["x"])[-2]


@pytest.mark.parametrize("month", [None, "1991-07", "2025-12", "2026-01"])
def test_a_month_and_its_number_belong_together(month: str | None) -> None:
    """December is not January of the year after."""
    assert month_named(month_number(month)) == month
