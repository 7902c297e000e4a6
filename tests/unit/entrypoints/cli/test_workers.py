"""When worker processes start."""

from pathlib import Path

import pytest

from entrypoints.cli.workers import PAPERS_ALONE, known_rows, papers_alone
from entrypoints.container import container_of
from entrypoints.settings import load_settings
from tests.lazily import lazily

pa, pq = lazily("pyarrow"), lazily("pyarrow.parquet")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A parquet file with as many papers as one process predicts alone, and another with one paper."""
    pq.write_table(pa.table({"abstract": ["word"] * PAPERS_ALONE}), tmp_path / "many.parquet")
    pq.write_table(pa.table({"abstract": ["word"]}), tmp_path / "one.parquet")
    return tmp_path


def test_workers_predict_all_papers_of_large_parquet_files(folder: Path) -> None:
    """One process predicts none alone, if the files are known to have more than 20,000 rows together."""
    container = container_of(load_settings({}))
    assert papers_alone(known_rows([str(folder)], None, container)) == 0
    assert papers_alone(known_rows([str(folder / "many.parquet")], None, container)) == PAPERS_ALONE


def test_the_rows_of_other_sources_are_unknown(folder: Path) -> None:
    """Only the metadata of local parquet files is read, not lines, addresses or standard input."""
    (folder / "one.jsonl").write_text('{"abstract": "word"}\n')
    container = container_of(load_settings({}))
    for sources in ([str(folder)], ["-"], ["s3://bucket/many.parquet"], []):
        assert known_rows(sources, None, container) is None
    assert papers_alone(None) == PAPERS_ALONE
