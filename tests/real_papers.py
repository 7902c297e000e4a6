"""The folders of real papers that some tests read, where there are any."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("ARXIV_CLASSIFIER_DATA", Path(__file__).parents[2] / "shared" / "data")).resolve()
# Split by time: train, validation of 2026-05, test of 2026-06.
BY_TIME = ROOT / "arxiv"
# Validation and test are natural samples of all of arXiv.
NATURAL = ROOT / "arxiv_natural"
# A test file of papers of 2010 to 2024.
OLDER = ROOT / "older"


def needs(folder: Path, *splits: str) -> pytest.MarkDecorator:
    """Skips a test where the folder has not the file of each of these splits."""
    missing = [split for split in splits if not (folder / f"{split}.parquet").is_file()]
    names = ", ".join(f"{split}.parquet" for split in missing)
    reason = f"ARXIV_CLASSIFIER_DATA names no folder with {folder.name}/{names}"
    return pytest.mark.skipif(bool(missing), reason=reason)


needs_papers = needs(BY_TIME, "train", "validation", "test")
