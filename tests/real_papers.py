"""The folder of real papers that some tests read, where there is one."""

import os
from pathlib import Path

import pytest

FOLDER = Path(
    os.environ.get("ARXIV_CLASSIFIER_DATA", Path(__file__).parents[2] / "shared" / "data" / "arxiv")
).resolve()
needs_papers = pytest.mark.skipif(
    not (FOLDER / "validation.parquet").is_file(), reason="ARXIV_CLASSIFIER_DATA names no folder of real papers"
)
