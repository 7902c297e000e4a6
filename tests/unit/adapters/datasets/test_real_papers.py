"""Readers on real papers, where ARXIV_CLASSIFIER_DATA names them."""

import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.datasets.opening import open_dataset
from domain.month import month_of_identifier
from domain.ports.dataset import Split
from entrypoints.taxonomies import all_categories
from tests.real_papers import BY_TIME, needs_papers
from tests.unit.adapters.datasets.written import Bad

pytestmark = needs_papers


def test_reads_every_real_paper() -> None:
    """No real paper is a bad record. Each keeps its identifier and month, which agree."""
    bad = Bad()
    papers = list(open_dataset(BY_TIME).papers(Split.VALIDATION, bad))
    columns = pq.read_table(BY_TIME / "validation.parquet", columns=["id", "year_month"])
    assert not bad
    assert [paper.abstract.id for paper in papers] == columns["id"].to_pylist()
    assert [paper.month for paper in papers] == columns["year_month"].to_pylist()
    assert all(month_of_identifier(paper.abstract.id) == paper.month for paper in papers)


def test_knows_every_category_that_occurs() -> None:
    """Each category of a real paper is in configs/categories_all.json."""
    known = {category.identifier for category in all_categories()}
    for name in ("train", "validation", "test"):
        column = pq.read_table(BY_TIME / f"{name}.parquet", columns=["categories"])["categories"]
        found = pa.chunked_array([chunk.flatten() for chunk in column.chunks]).unique().to_pylist()
        assert set(found) <= known


@pytest.mark.slow
def test_reads_400_000_papers_in_half_a_minute() -> None:
    """The whole training split becomes objects in under 30 s of a processor, equal categories sharing one tuple."""
    started = time.process_time()
    papers = list(open_dataset(BY_TIME).papers(Split.TRAIN, Bad()))
    assert time.process_time() - started < 30
    by_value = {paper.categories: paper.categories for paper in papers}
    assert sum(paper.categories is by_value[paper.categories] for paper in papers) > 0.99 * len(papers)
