"""Counts of terms and pairs in bounded memory."""

import logging
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.classifiers.baseline import counting
from adapters.classifiers.baseline.batches import TrainingSet
from adapters.classifiers.baseline.counting import PairCounter, TermCounter
from adapters.classifiers.baseline.options import BaselineOptions, TextOptions
from adapters.classifiers.baseline.reading import term_reader
from adapters.classifiers.baseline.vocabulary import Vocabulary
from adapters.classifiers.learning.array_files import ArrayFiles
from adapters.datasets.papers_on_disk import papers_on_disk
from domain.abstract import Abstract
from domain.errors import ConfigurationError
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
    """Terms come in the order of their first occurrence, with their exact counts in all papers."""
    counter = TermCounter(term_reader(TextOptions()), limit=4)
    counter.add([Abstract("graph neural graph"), Abstract("spin")])
    counter.add([Abstract("glass spin", title="Neural")])
    counted = counter.counted()
    assert counted.terms == ["graph", "neural", "spin", "glass"]
    assert counted.least.tolist() == counted.most.tolist() == [2, 2, 2, 1]
    assert counted.unseen == 0


@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=40), max_size=12), st.integers(2, 40))
def test_counts_of_many_terms_keep_their_bounds(stream: list[list[int]], limit: int) -> None:
    """True counts lie within the bounds, for terms that were dropped as well, and few terms are in memory."""
    counter = TermCounter(term_reader(TextOptions()), limit)
    for numbers in stream:
        counter.add([Abstract(" ".join(f"t{number}" for number in numbers))])
    counted, true = counter.counted(), Counter(f"t{number}" for numbers in stream for number in numbers)
    held = dict(zip(counted.terms, zip(counted.least.tolist(), counted.most.tolist(), strict=True), strict=True))
    assert len(held) <= limit
    for term, count in true.items():
        least, most = held.get(term, (0, counted.unseen))
        assert least <= count <= most
    if len(true) <= limit:
        assert counted.unseen == 0
    chosen = np.arange(len(held) // 2)
    if not counted.uncertain(chosen):
        kept = {counted.terms[code] for code in chosen.tolist()}
        lowest = min((true[term] for term in kept), default=1 << 30)
        assert counted.unseen == 0 or all(true[term] <= lowest for term in true.keys() - kept)


def test_many_rare_terms_do_not_change_the_frequent_ones(caplog: pytest.LogCaptureFixture) -> None:
    """The vocabulary of frequent terms is the exact one, and the log names the limit and the error."""
    rare = iter(range(100_000))
    papers = [
        replace(paper, abstract=Abstract(f"{paper.abstract.text} {' '.join(f'x{next(rare)}' for _ in range(3))}"))
        for paper in small_papers(9000)
    ]
    few = BaselineOptions(unigrams=25, bigrams=0, distinct_terms=9000)
    with caplog.at_level(logging.INFO):
        estimated, _ = prepared(papers, small_taxonomy(), few)
    exact, _ = prepared(papers, small_taxonomy(), replace(few, distinct_terms=2_000_000))
    assert set(estimated.unigrams) == set(exact.unigrams)
    assert [vars(each)["uncertain"] for each in caplog.records if "uncertain" in vars(each)] == [0]
    assert "more than 9,000 distinct terms, so their counts may be up to 1 too low" in caplog.text


def test_fewer_distinct_terms_than_the_vocabulary_needs_are_refused() -> None:
    """The limit is at least twice the number of terms that the model learns."""
    with pytest.raises(ConfigurationError, match="distinct_terms is 199; it must be a whole number from 200"):
        BaselineOptions(unigrams=100, distinct_terms=199)


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
