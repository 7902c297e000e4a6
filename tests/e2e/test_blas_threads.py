"""How many threads the commands' linear algebra uses."""

import json
import os
import subprocess
import sys
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from entrypoints.cli.main import cli

_PREDICT_AND_COUNT = """
import json, sys
from entrypoints.cli.main import main
main(["predict", "--text", "We study the convergence of gradient descent."])
import threadpoolctl
print(json.dumps([pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]))
"""


def blas_threads(**environment: str) -> set[int]:
    """Returns the number of threads of each BLAS library that is loaded in a process after a prediction."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", _PREDICT_AND_COUNT]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120, env={**kept, **environment})
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor has one thread")
def test_predicting_uses_one_thread() -> None:
    """A prediction uses one thread of each BLAS library."""
    assert blas_threads() == {1}


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor has one thread")
def test_the_environment_says_otherwise() -> None:
    """OPENBLAS_NUM_THREADS overrides the command's own choice."""
    assert blas_threads(OPENBLAS_NUM_THREADS="2") == {2}


@pytest.mark.parametrize(
    "command",
    ["advise --text x", pytest.param("demo", marks=pytest.mark.slow), "mcp", "predict a.csv", "serve"],
)
def test_every_command_that_predicts_asks_for_one_thread(command: str) -> None:
    """A command sets the number before it looks for its model, which is when numpy is imported."""
    with patch.dict(os.environ):  # which takes back what the command sets
        os.environ.pop("OPENBLAS_NUM_THREADS", None)
        done = CliRunner().invoke(cli, [*command.split(), "--model", "nowhere/at-all"])
        assert done.exit_code != 0
        assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
