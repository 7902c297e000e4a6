"""Numbers of a checkpoint's file in the type that the encoder is loaded in."""

import numpy as np


def in_float32(numbers: np.ndarray, *, bfloat16: bool = False) -> np.ndarray:
    """Floating point numbers as float32, not copied if they are; integers as they are.

    bfloat16, which numpy lacks, comes as uint16: it is the upper half of a float32. What float32 cannot hold becomes
    infinite.
    """
    if bfloat16:
        return (numbers.astype(np.uint32) << 16).view(np.float32)
    if numbers.dtype.kind != "f":
        return numbers
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32, copy=False)
