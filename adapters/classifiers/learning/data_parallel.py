"""Trains on several devices, each of which learns from a part of every batch."""

from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import ConfigurationError

_BACKEND = "jax"


@contextmanager
def spread_over(devices: int) -> Iterator[int]:
    """Spreads networks that are built inside the block over that many devices, or over all for 0.

    Provides the number of devices. The number of papers in a batch must be a multiple of it.
    Raises ConfigurationError if Keras cannot do so with its backend, or if there are fewer devices.
    """
    if devices == 1:
        yield 1
        return
    import keras

    if keras.backend.backend() != _BACKEND:
        raise ConfigurationError(
            f"Option devices is {devices}, and Keras uses several devices with the backend {_BACKEND} alone. Here it "
            f"is {keras.backend.backend()}. Install {_BACKEND} and set KERAS_BACKEND={_BACKEND}, or set devices to 1."
        )
    found = keras.distribution.list_devices()
    if devices > len(found):
        raise ConfigurationError(
            f"Option devices is {devices}, and this machine has {len(found)}. Set it to 0 for all."
        )
    used = found[: devices or len(found)]
    with keras.distribution.DataParallel(devices=used).scope():
        yield len(used)
