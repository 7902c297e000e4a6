"""Converts numbers of a checkpoint's file to float32."""

import numpy as np


def in_float32(numbers: np.ndarray, *, bfloat16: bool = False) -> np.ndarray:
    """Returns floating point numbers as float32, without a copy if they already are. Integers stay as they are.

    bfloat16, which numpy lacks, is passed as uint16, the upper half of a float32. Values beyond float32 become
    infinite.
    """
    if bfloat16:
        return (numbers.astype(np.uint32) << 16).view(np.float32)
    if numbers.dtype.kind != "f":
        return numbers
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32, copy=False)
