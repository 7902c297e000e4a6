"""Counts of terms and pairs in bounded memory."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from adapters.classifiers.baseline import counting
from adapters.classifiers.baseline.counting import PairCounter, TermCounter
from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.reading import term_reader
from adapters.classifiers.learning.array_files import ArrayFiles
from domain.abstract import Abstract

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
