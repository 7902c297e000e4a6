"""Trainings on several devices."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.classifiers.baseline.classifier import BaselineFamily
from domain.errors import ConfigurationError
from domain.ports.classifier import FitSession
from tests.examples import small_papers, small_taxonomy

PROJECT = Path(__file__).parents[4]
TWO_DEVICES = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_devices_learn_what_one_learns(tmp_path: Path) -> None:
    """Two virtual devices hold the network, and the probabilities differ by rounding."""
    command = [
        "uv",
        "run",
        "--no-sync",
        "--python",
        sys.executable,
        "--with",
        "jax",
        "python",
        "-m",
        "tests.two_devices",
    ]
    done = subprocess.run(
        [*command, tmp_path], cwd=PROJECT, env={**os.environ, **TWO_DEVICES}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["devices"] == [1, 2]
    assert found["difference"] < 1e-4


def test_several_devices_need_jax(tmp_path: Path) -> None:
    """With another backend the training ends at once with what to do."""
    classifier = BaselineFamily().trainable(small_taxonomy(), {"devices": 2})
    with pytest.raises(
        ConfigurationError, match=r"the backend jax alone\. .*set KERAS_BACKEND=jax, or set devices to 1"
    ):
        classifier.fit(small_papers(3), [], FitSession(1, tmp_path, lambda batch: 1.0))
