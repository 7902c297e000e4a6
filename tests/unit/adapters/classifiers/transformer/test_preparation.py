"""Labelled papers become what a training reads."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from adapters.classifiers.transformer.options import TransformerOptions
from adapters.classifiers.transformer.preparation import digest_of, prepare, tokenize
from adapters.classifiers.transformer.tokenizing import PaperTokenizer, open_tokenizer
from tests.examples import small_papers, small_taxonomy

TAXONOMY, PAPERS = small_taxonomy(), small_papers(12)
OPTIONS = TransformerOptions(max_length=256)


@pytest.fixture(scope="module")
def tokenizer(tiny: Path) -> PaperTokenizer:
    """The tiny checkpoint's."""
    return open_tokenizer(tiny, OPTIONS.reading)


def test_titles_are_there_and_are_not(tokenizer: PaperTokenizer) -> None:
    """Papers are read with and without title. One that has none is the same in both."""
    data = prepare(PAPERS, tokenizer, TAXONOMY, OPTIONS)
    longer = data.with_titles.lengths() > data.without_titles.lengths()
    assert longer.tolist() == [paper.abstract.title is not None for paper in PAPERS]
    assert (data.targets.sum(axis=1) == [len(TAXONOMY.columns_of(paper.categories)) for paper in PAPERS]).all()
    assert len(data) == len(data.weights) == 12


def test_truncation_is_logged(tokenizer: PaperTokenizer, caplog: pytest.LogCaptureFixture) -> None:
    """The number of truncated papers is logged with the limit. Without one, nothing is logged."""
    prepare(PAPERS, tokenizer, TAXONOMY, OPTIONS)
    assert caplog.messages == []
    with caplog.at_level(logging.WARNING):
        prepare(PAPERS, tokenizer, TAXONOMY, replace(OPTIONS, training_length=9))
    assert caplog.messages == ["12 of 12 training papers have more than 9 tokens. The rest of them is not learnt from."]


def test_many_papers_are_read_as_few(tokenizer: PaperTokenizer) -> None:
    """More papers than are read at once have the ids that each has alone. No papers have none."""
    abstracts = [paper.abstract for paper in PAPERS] * 700
    many, few = tokenize(abstracts, tokenizer, 10), tokenize(abstracts[:12], tokenizer, 10)
    np.testing.assert_array_equal(many.ids, np.tile(few.ids, 700))
    np.testing.assert_array_equal(many.lengths(), np.tile(few.lengths(), 700))
    assert (many.truncated, len(tokenize([], tokenizer, 10))) == (few.truncated * 700, 0)


def test_the_digest_is_of_all_that_is_learnt_from(tokenizer: PaperTokenizer) -> None:
    """The digest is the same for the same papers, and another for another order, length or weighting."""
    variants = [
        (PAPERS, OPTIONS),
        (PAPERS[::-1], OPTIONS),
        (PAPERS[:11], OPTIONS),
        (PAPERS, replace(OPTIONS, training_length=9)),
        (PAPERS, replace(OPTIONS, recency_half_life=1.0)),
    ]
    digests = [digest_of(prepare(papers, tokenizer, TAXONOMY, options)) for papers, options in variants]
    assert len(set(digests)) == len(variants)
    assert digest_of(prepare(list(PAPERS), tokenizer, TAXONOMY, OPTIONS)) == digests[0]
