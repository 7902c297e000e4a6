"""Which backend Keras is given if none is named."""

import pytest

from adapters.classifiers.learning import keras_backend


@pytest.mark.parametrize(
    ("installed", "expected"),
    [(["torch"], "torch"), (["tensorflow", "torch"], None), (["jax", "torch"], None), ([], None)],
)
def test_torch_is_the_default_where_it_is_alone(
    monkeypatch: pytest.MonkeyPatch, installed: list[str], expected: str | None
) -> None:
    """Torch is taken if no other backend is installed. Else Keras chooses."""
    monkeypatch.setattr(keras_backend, "find_spec", lambda name: name if name in installed else None)
    assert keras_backend.default_backend() == expected
