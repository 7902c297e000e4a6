"""Commands that run in the tests' own process leave it as it was."""

import os
import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def untouched_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of ours in the environment before, and the handler of SIGTERM restored after."""
    for name in [name for name in os.environ if name.startswith(("ARXIV_CLASSIFIER_", "MODEL_", "DEBUG"))]:
        monkeypatch.delenv(name)
    on_termination = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, on_termination)
