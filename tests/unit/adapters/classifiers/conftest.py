"""How networks of a few weights are trained."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def eagerly() -> Iterator[None]:
    """Runs TensorFlow's steps one by one, because compiling takes seconds for each network.

    The contract of classifiers trains compiled networks.
    """
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
