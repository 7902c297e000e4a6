"""SciPy's compiled sparse product."""

import sys
from importlib.machinery import PathFinder

import numpy as np
import pytest

from adapters.classifiers.baseline import sparse_product
from adapters.classifiers.baseline.sparse_product import csc_matvecs


def test_the_compiled_module_is_found_without_importing_scipy_sparse(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product needs one module of SciPy's and none of its packages."""
    for name in ("scipy", "scipy.sparse"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(sparse_product, "find_spec", lambda name: PathFinder.find_spec(name))
    assert callable(sparse_product._compiled_alone().csc_matvecs)


@pytest.mark.parametrize("alone", [True, False])
def test_the_product_is_added_to_the_sum(alone: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The product of a matrix with an empty column is added, also where the compiled module is not found."""
    if not alone:
        monkeypatch.setattr(sparse_product, "find_spec", lambda name: None)
    csc_matvecs.cache_clear()
    bounds, rows, values = np.array([0, 1, 1, 3], np.int32), np.array([1, 0, 1], np.int32), np.array([2, 3, 4], "f")
    dense, total = np.arange(6, dtype=np.float32).reshape(3, 2), np.ones((2, 2), np.float32)
    csc_matvecs()(2, 3, 2, bounds, rows, values, dense.ravel(), total.ravel())
    assert total.tolist() == [[1 + 3 * 4, 1 + 3 * 5], [1 + 2 * 0 + 4 * 4, 1 + 2 * 1 + 4 * 5]]
    csc_matvecs.cache_clear()
