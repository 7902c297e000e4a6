"""The first layer's sparse product for many papers."""

import numpy as np
import pytest

from adapters.classifiers.baseline.features import Bags
from adapters.classifiers.baseline.serving import Dense, Weights, quantised, spans_of
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch


def test_the_product_adds_in_the_order_of_the_features() -> None:
    """Logits of many papers equal, to the bit, those of SciPy's product of the bags with the whole table."""
    from scipy.sparse import csr_array

    random = np.random.default_rng(0)
    bags = np.where(random.random((40, 900)) < 0.1, random.random((40, 900)), 0).astype(np.float32)
    bags[7] = 0
    matrix = csr_array(bags)
    table, scale = quantised(random.normal(size=(900, 12)).astype(np.float32))
    last = Dense(random.normal(size=(8, 4)).astype(np.float32), np.zeros(4, np.float32))
    weights = Weights(table, scale, np.zeros(12, np.float32), (last,))
    found = weights.logits(Bags(matrix.indices, matrix.data, matrix.indptr.astype(np.int64)))
    scaled = matrix.data * scale[matrix.indices]
    product = csr_array((scaled, matrix.indices, matrix.indptr), shape=matrix.shape) @ table.astype(np.float32)
    expected = np.maximum(product[:, :8], 0) @ last.kernel + product[:, 8:]
    assert (found == expected).all()


@pytest.mark.parametrize(("letter", "length", "papers"), [("a", 1500, 1030), ("a", 19_000, 60), ("\u00e9", 1500, 600)])
def test_columns_are_cut_where_lists_are(letter: str, length: int, papers: int) -> None:
    """Spans of columns are those of the same abstracts one by one, by characters and not by bytes."""
    abstracts = [Abstract(letter * length, letter * 100)] * papers
    assert list(spans_of(AbstractBatch.of(abstracts))) == list(spans_of(abstracts))
    assert list(spans_of(AbstractBatch.of([]))) == []
