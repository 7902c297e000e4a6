"""Keeps freed memory from staying with the process."""

import ctypes
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

# Parameters of glibc's mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE = 1 << 18
_TRIM_EVERY = 5.0


def give_memory_back() -> None:
    """Sets glibc's allocator so that large blocks go back to the system when they are freed.

    By default each thread has its own heap, and the size from which blocks are mapped separately grows with the largest
    freed block. After some bodies of megabytes, hundreds of megabytes stay. Free memory within heaps goes back every
    five seconds. With another C library, this does nothing.
    """
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 2)
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _LARGE)
        threading.Thread(target=_trim, args=(ctypes.CDLL(None).malloc_trim,), daemon=True, name="trim").start()


def _trim(malloc_trim: Callable[[int], int]) -> None:
    while True:
        time.sleep(_TRIM_EVERY)
        malloc_trim(0)
