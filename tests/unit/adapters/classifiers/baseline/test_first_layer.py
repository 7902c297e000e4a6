"""The first layer's sparse product for many papers."""

from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.classifiers.baseline.features import Postings
from adapters.classifiers.baseline.serving import Dense, Weights, quantised, spans_of
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch

if TYPE_CHECKING:
    from scipy.sparse import csc_array


@pytest.mark.parametrize("rounded", [True, False])
def test_the_product_adds_in_the_order_of_the_features(rounded: bool) -> None:
    """Logits of many papers equal, to the bit, those of SciPy's product of the papers with the whole table."""
    from scipy.sparse import csc_array, csr_array

    random = np.random.default_rng(0)
    papers = np.where(random.random((40, 900)) < 0.1, random.random((40, 900)), 0).astype(np.float32)
    papers[7] = papers[:, 5] = 0
    matrix = csc_array(papers)
    kernel = random.normal(size=(900, 12)).astype(np.float32)
    table, scale = quantised(kernel) if rounded else (kernel, np.ones(900, np.float32))
    last = Dense(random.normal(size=(8, 4)).astype(np.float32), np.zeros(4, np.float32))
    weights = Weights(table, scale, np.zeros(12, np.float32), (last,))
    lengths = np.sqrt((papers * papers).sum(axis=1))
    product = csr_array(papers * scale) @ table.astype(np.float32) / np.where(lengths, lengths, 1)[:, None]
    expected = np.maximum(product[:, :8], 0) @ last.kernel + product[:, 8:]
    assert (weights.logits(_postings(matrix, lengths)) == expected).all()


def _postings(matrix: "csc_array", lengths: NDArray[np.float32]) -> Postings:
    used = np.diff(matrix.indptr).nonzero()[0].astype(np.int32)
    bounds = np.append(matrix.indptr[used], matrix.nnz).astype(np.int32)
    return Postings(used, bounds, matrix.indices, matrix.data, lengths)


@pytest.mark.parametrize(("letter", "length", "papers"), [("a", 1500, 1030), ("a", 19_000, 60), ("\u00e9", 1500, 600)])
def test_columns_are_cut_where_lists_are(letter: str, length: int, papers: int) -> None:
    """Spans of columns are those of the same abstracts one by one, by characters and not by bytes."""
    abstracts = [Abstract(letter * length, letter * 100)] * papers
    assert list(spans_of(AbstractBatch.of(abstracts))) == list(spans_of(abstracts))
    assert list(spans_of(AbstractBatch.of([]))) == []
