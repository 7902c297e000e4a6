"""The memory of a process that serves the shipped MiniLM under an unusual load."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PROGRAM = """
import sys, threading, time
from domain.abstract import Abstract
from entrypoints.container import container_of
from entrypoints.settings import load_settings

def megabytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))

class Late(Exception):
    pass

def stop():
    if time.monotonic() > until:
        raise Late

container = container_of(load_settings({}))
model = container.loaded_model("minilm")
explainer = container.explainer(model)
words = [word for word in open("artifacts/baseline/vocabulary.txt").read().split("\\n") if word.isalpha()]
paper = lambda first, size: Abstract(" ".join(words[first : first + size // 4])[:size])
model.classifier.predict([paper(0, 500)])

def ask(number):
    try:
        if sys.argv[1] == "predict":
            model.classifier.predict([paper(100 * number + each, 3_000) for each in range(32)])
        else:
            explainer.explain(paper(number, 20_000), model.classifier.taxonomy.categories[:5], checkpoint=stop)
    except Late:
        pass

before, until = megabytes(), time.monotonic() + float(sys.argv[3])
callers = [threading.Thread(target=ask, args=(number,)) for number in range(int(sys.argv[2]))]
[caller.start() for caller in callers]
peak = before
while any(caller.is_alive() for caller in callers):
    peak = max(peak, megabytes())
    time.sleep(0.005)
print(before, peak, megabytes())
"""


def measured(what: str, callers: int, seconds: float = 1e9) -> tuple[float, float, float]:
    """Returns the megabytes before a burst of calls, at its peak, and after the last call."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, what, str(callers), str(seconds)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        check=True,
        timeout=900,
    )
    before, peak, after = map(float, done.stdout.split())
    return before, peak, after


pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1000),
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc"),
]


@pytest.mark.parametrize(("what", "seconds"), [("predict", 1e9), ("explain", 6.0)])
def test_many_callers_share_what_memory_there_is(what: str, seconds: float) -> None:
    """Eight threads with 32 texts of 3,000 characters, or an explanation of 20,000, stay below 300 MB."""
    before, peak, after = measured(what, 8, seconds)
    assert peak < 300
    assert after < before + 100


def test_an_explanation_of_a_long_paper_stays_small() -> None:
    """An explanation of 20,000 characters adds at most 60 MB, most of which is given back."""
    before, peak, after = measured("explain", 1)
    assert peak < before + 60
    assert after < before + 45
