"""The device of a training as it is logged, and the precision that is chosen for it."""

import pytest

from adapters.classifiers.transformer.devices import describe_device, dtype_policy
from adapters.classifiers.transformer.options import TransformerOptions
from tests.lazily import lazily, skip_without

skip_without("keras")
keras = lazily("keras")


@pytest.mark.parametrize(("precision", "policy"), [("float32", "float32"), ("bfloat16", "mixed_bfloat16")])
def test_a_named_precision_is_taken(precision: str, policy: str) -> None:
    """A precision that is named is Keras' policy of that name, on any device."""
    assert dtype_policy(TransformerOptions(precision=precision)) == policy


def test_weights_stay_in_float32() -> None:
    """If no precision is named it is float32 or bfloat16, and the weights are kept in float32 in both."""
    policy = dtype_policy(TransformerOptions())
    assert policy in ("float32", "mixed_bfloat16")
    assert keras.DTypePolicy(policy).variable_dtype == "float32"


def test_the_device_is_named_after_its_backend() -> None:
    """The log names the Keras backend and the device."""
    assert describe_device().startswith(f"{keras.backend.backend()} on ")
