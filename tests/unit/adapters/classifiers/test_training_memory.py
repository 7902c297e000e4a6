"""How training keeps its memory."""

import subprocess
import sys

import pytest

_PROGRAM = """
import resource, sys
import numpy as np
from adapters.classifiers.learning.memory import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
np.ones(20_000_000, np.float32)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    np.ones(20_000_000, np.float32)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator is Linux's")
def test_large_blocks_are_used_again() -> None:
    """Blocks of 80 MB that are freed and asked for again cost no page faults where memory is kept."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM, "keep"], capture_output=True, check=True)
    assert int(done.stdout) < 1000
