"""The memory that the training papers take."""

import gc
import itertools
import random
import tracemalloc
from pathlib import Path

import pytest

from adapters.classifiers.baseline import counting
from adapters.classifiers.baseline.options import BaselineOptions
from adapters.classifiers.baseline.preparation import prepare
from adapters.classifiers.learning.array_files import array_files
from adapters.datasets.opening import open_dataset
from adapters.datasets.papers_on_disk import papers_on_disk
from adapters.datasets.split_files import SplitFiles
from application.papers.splitting import SplitPolicy, read_splits
from domain.abstract import Abstract
from domain.category import Category
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Split
from tests.examples import small_taxonomy

_WORDS = [f"{first}{second}" for first, second in itertools.product("bcdfghklmnprst", "aeiou")] * 3


def _paper(number: int) -> LabelledAbstract:
    text = " ".join(random.Random(number).choices(_WORDS, k=60))
    return LabelledAbstract(Abstract(text, f"Title {number}", f"paper-{number}"), (Category.parse("cs.LG"),))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_memory_grows_by_few_bytes_per_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading and preparing 25,000 papers takes at most 400 bytes more for each paper than 10,000 do."""
    monkeypatch.setattr(counting, "_PAIRS_SORTED_TOGETHER", 1 << 16)
    few, many = (_most_memory(tmp_path / str(count), count) for count in (10_000, 25_000))
    assert (many - few) / 15_000 < 400


def _most_memory(folder: Path, papers: int) -> int:
    """Returns the most bytes that Python and numpy hold at any time. Mapped files are not among them."""
    dataset = open_dataset(_written(folder, papers))
    gc.collect()
    tracemalloc.start()
    try:
        with papers_on_disk(folder / "texts") as keep, array_files(folder / "arrays") as files:
            policy = SplitPolicy("source")
            splits = read_splits(
                dataset, policy, limit_samples=None, seed=0, on_bad_record=lambda record: None, keep=keep
            )
            prepare(splits.train, small_taxonomy(), BaselineOptions(), files)
            return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _written(folder: Path, papers: int) -> Path:
    folder.mkdir()
    writer = SplitFiles(folder / "papers")
    writer.begin()
    for number in range(papers):
        writer.add(Split.TRAIN, _paper(number))
    writer.add(Split.VALIDATION, _paper(papers))
    writer.add(Split.TEST, _paper(papers + 1))
    writer.finish()
    return folder / "papers"
