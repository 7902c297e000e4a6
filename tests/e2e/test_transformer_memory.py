"""A process that serves a transformer and gets many requests."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
REQUESTS = 2_000
# Every request is of another length, so that a runtime that kept memory for each shape would show.
SCRIPT = """
import random, resource
from pathlib import Path
from domain.abstract import Abstract
from entrypoints.container import container_of
from entrypoints.settings import load_settings

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

classifier = container_of(load_settings({})).loaded_model("artifacts/minilm").classifier
draw = random.Random(0)
words = "we study quantum graphs of neural networks in stellar spectra and prove bounds for lattice codes".split()
before = 0.0
for number in range(REQUESTS):
    if number == REQUESTS // 4:
        before = resident()
    text = " ".join(draw.choices(words, k=draw.randint(3, 40) if number % 50 else draw.randint(100, 150)))
    classifier.predict([Abstract(text)])
print(before, resident())
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_stays_flat_over_many_requests() -> None:
    """After its first 500 requests a process with MiniLM grows by less than 10 MB in 1,500 more."""
    script = SCRIPT.replace("REQUESTS", str(REQUESTS))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, check=True, capture_output=True, text=True, timeout=500
    )
    before, after = map(float, done.stdout.split())
    assert after - before < 10
    assert after < 700
