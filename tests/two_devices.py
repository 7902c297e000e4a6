"""Trains a small baseline on one device and on two, and prints how far their probabilities are apart.

Started with KERAS_BACKEND=jax and two virtual devices.
"""

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.baseline.classifier import BaselineFamily
from domain.ports.classifier import FitSession
from tests.examples import small_papers, small_taxonomy

PAPERS = small_papers(48)
OPTIONS = {"min_count": 1, "hidden": [6], "epochs": 2, "batch_size": 16, "weights": "float32"}


def main(folder: Path) -> None:
    """Prints the number of devices that held the network's arrays, and the largest difference of probabilities."""
    one, two = (_trained(folder / str(devices), devices) for devices in (1, 2))
    print(json.dumps({"devices": [one[0], two[0]], "difference": float(np.abs(one[1] - two[1]).max())}))


def _trained(workspace: Path, devices: int) -> tuple[int, NDArray[np.float32]]:
    import jax

    used = [0]
    classifier = BaselineFamily().trainable(small_taxonomy(), {**OPTIONS, "devices": devices})
    classifier.fit(
        PAPERS,
        PAPERS[:8],
        FitSession(
            1,
            workspace,
            lambda batch: 1.0,
            on_step=lambda step: used.append(max(len(array.devices()) for array in jax.live_arrays())),
        ),
    )
    probabilities = np.asarray(classifier.predict([paper.abstract for paper in PAPERS]).probabilities)
    return max(used), probabilities


if __name__ == "__main__":
    main(Path(sys.argv[1]))
