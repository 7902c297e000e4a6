"""MiniLM's vectors by sentence-transformers, with a logistic regression for each label.

Run by the Python of an environment with sentence-transformers and scikit-learn, with --encoder ENCODER FOLDER.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import exchange  # type: ignore[import-not-found]  # beside this file, which runs in another environment

BATCH = 64


def main(folder: Path, encoder: Path) -> None:
    """Trains the head on the folder's papers, and writes scores and figures."""
    exchange.report(
        folder,
        lambda: _trained(folder, encoder),
        lambda: exchange.size(encoder) + exchange.size(folder / "head.npz"),
    )


def _trained(folder: Path, encoder: Path) -> Callable[[Sequence[str]], Any]:
    from sentence_transformers import SentenceTransformer
    from sklearn.linear_model import LogisticRegression

    model = SentenceTransformer(str(encoder), device="cpu")
    model.max_seq_length = 256

    def vectors(texts: Sequence[str]) -> Any:
        return model.encode(list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)

    training = exchange.papers(folder, "train")
    labels = len(exchange.labels(folder))
    targets = np.zeros((len(training), labels), np.int8)
    for row, paper in zip(targets, training, strict=True):
        row[paper["columns"]] = 1
    read = vectors([paper["text"] for paper in training])
    weights, biases = np.zeros((read.shape[1], labels), np.float32), np.full(labels, -10, np.float32)
    for column in np.flatnonzero(targets.any(axis=0)):
        head = LogisticRegression(C=10.0, max_iter=1000).fit(read, targets[:, column])
        weights[:, column], biases[column] = head.coef_[0], head.intercept_[0]
    np.savez(folder / "head.npz", weights=weights, biases=biases)
    return lambda texts: 1 / (1 + np.exp(-(vectors(texts) @ weights + biases)))


if __name__ == "__main__":
    main(Path(sys.argv[-1]).resolve(), Path(sys.argv[2]).resolve())
