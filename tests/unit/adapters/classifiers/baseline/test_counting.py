"""Counts of terms and pairs in bounded memory."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from adapters.classifiers.baseline import counting
from adapters.classifiers.baseline.batches import TrainingSet
from adapters.classifiers.baseline.counting import PairCounter, TermCounter
from adapters.classifiers.baseline.options import BaselineOptions, TextOptions
from adapters.classifiers.baseline.reading import term_reader
from adapters.classifiers.baseline.vocabulary import Vocabulary
from adapters.classifiers.learning.array_files import ArrayFiles
from adapters.datasets.papers_on_disk import papers_on_disk
from domain.abstract import Abstract
from tests.examples import small_papers, small_taxonomy
from tests.unit.adapters.classifiers.baseline.preparing import prepared

TERMS = 50


@pytest.mark.parametrize(("together", "ranges"), [(1, 24), (700, 6), (1 << 23, 1)])
@pytest.mark.parametrize("limit", [0, 30, 10_000])
def test_pairs_in_ranges_are_counted_as_all_at_once(
    together: int, ranges: int, limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The most frequent pairs, with lower keys first among equals, do not depend on the number of ranges."""
    monkeypatch.setattr(counting, "_PAIRS_SORTED_TOGETHER", together)
    keys = (np.random.default_rng(0).exponential(150, 5000).astype(np.int64)) % (TERMS * TERMS)
    distinct, counts = np.unique(keys, return_counts=True)
    best = np.lexsort((distinct, -counts))[:limit]
    with closing(ArrayFiles(tmp_path)) as files:
        counter = PairCounter(files, np.bincount(keys // TERMS, minlength=TERMS))
        assert len(list(tmp_path.iterdir())) == ranges
        for start in range(0, 5000, 999):
            counter.add(keys[start : start + 999])
        assert counter.most_frequent(limit, 3).tolist() == sorted(distinct[best[counts[best] >= 3]].tolist())
        assert not list(tmp_path.iterdir())


def test_terms_are_counted_over_all_papers() -> None:
    """Terms come in the order of their first occurrence, with their counts in all papers."""
    counter = TermCounter(term_reader(TextOptions()))
    counter.add([Abstract("graph neural graph"), Abstract("spin")])
    counter.add([Abstract("glass spin", title="Neural")])
    terms, counts = counter.counted()
    assert dict(zip(terms, counts.tolist(), strict=True)) == {"graph": 2, "neural": 2, "spin": 2, "glass": 1}
    assert terms == ["graph", "neural", "spin", "glass"]


def test_papers_on_disk_are_prepared_as_those_in_memory(tmp_path: Path) -> None:
    """Vocabulary, features, weights, targets and months are the same to the bit wherever the papers are."""
    papers, options = small_papers(60), BaselineOptions(min_count=2)
    with papers_on_disk(tmp_path / "texts") as keep:
        on_disk = prepared(keep(papers), small_taxonomy(), options)
    in_memory = prepared(papers, small_taxonomy(), options)
    assert _bits(*on_disk) == _bits(*in_memory)


def _bits(vocabulary: Vocabulary, data: TrainingSet) -> list[bytes]:
    bags = [(each.features, each.weights, each.offsets) for each in (data.with_titles, data.without_titles)]
    arrays = (vocabulary.bigram_keys, vocabulary.idf, *bags[0], *bags[1], data.targets, data.weights, data.months)
    return [" ".join(vocabulary.unigrams).encode(), *(array.tobytes() for array in arrays)]
