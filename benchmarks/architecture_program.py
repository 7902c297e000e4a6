"""Trains and measures one program of benchmarks.architectures, in a process of its own.

    python -m benchmarks.architecture_program NAME FOLDER

The folder is that of benchmarks.elsewhere.exchange. For each program with a cold start of its own, the folder holds
cold.json afterwards: the command that answers for one abstract in a new process.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.elsewhere import exchange

RANDOM = "random weights"  # in the name of a program that has speed and no accuracy
TEXT = "We propose a convolutional network for image segmentation of medical scans."
OURS = [sys.executable, "-m", "entrypoints"]
_ROOT = Path(__file__).parents[1]
_COLD_PIPELINE = "import sys, joblib; joblib.load(sys.argv[1]).decision_function([sys.argv[2]])"
_COLD_FASTTEXT = (
    "import sys, fasttext; fasttext.load_model(sys.argv[1]).f.predict(sys.argv[2] + '\\n', 50, 0.0, 'strict')"
)

Scores = NDArray[np.float32]
Predict = Callable[[Sequence[str]], Scores]


@dataclass(frozen=True, slots=True)
class Made:
    """A program that is ready: how it predicts, where its files are, and how one abstract is asked in a new process."""

    predict: Predict
    artefacts: Sequence[Path] = ()
    cold: Sequence[str] = ()


def main() -> None:
    """Makes the program, and writes its scores, its figures and its cold command."""
    name, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    made: list[Made] = []

    def train() -> Predict:
        made.append(PROGRAMS[name](folder))
        return made[0].predict

    def artefacts() -> int:
        return sum(map(exchange.size, made[0].artefacts))

    exchange.report(folder, train, artefacts, score=RANDOM not in name)
    (folder / "cold.json").write_text(json.dumps([*made[0].cold]), "utf-8")


def _training(folder: Path) -> tuple[list[str], NDArray[np.uint8]]:
    papers = exchange.papers(folder, "train")
    targets = np.zeros((len(papers), len(exchange.labels(folder))), np.uint8)
    for row, paper in zip(targets, papers, strict=True):
        row[paper["columns"]] = 1
    return [paper["text"] for paper in papers], targets


def _pipeline(folder: Path, make: Callable[..., Any]) -> Made:
    import joblib

    predict = make(*_training(folder))
    joblib.dump(predict.pipeline, folder / "model.joblib")
    cold = [sys.executable, "-c", _COLD_PIPELINE, str(folder / "model.joblib"), TEXT]
    return Made(predict, [folder / "model.joblib"], cold)


def _linear_svc(folder: Path) -> Made:
    from benchmarks.peers import scikit_learn

    return _pipeline(folder, partial(scikit_learn, bigrams=True))


def _logistic(folder: Path) -> Made:
    from benchmarks.peers import logistic_regression

    return _pipeline(folder, logistic_regression)


def _fast_text(folder: Path) -> Made:
    from benchmarks.peers import fast_text

    predict = fast_text(*_training(folder))
    predict.model.save_model(str(folder / "model.bin"))  # type: ignore[attr-defined]  # set by the peer
    cold = [sys.executable, "-c", _COLD_FASTTEXT, str(folder / "model.bin"), TEXT]
    return Made(lambda texts: predict(list(texts)), [folder / "model.bin"], cold)


def _omikuji(folder: Path) -> Made:
    from benchmarks.peers import omikuji

    predict = omikuji(*_training(folder))
    return Made(lambda texts: predict(list(texts)))


def _shipped(name: str, folder: Path) -> Made:
    parts = ["ensemble", "baseline", "minilm"] if name == "ensemble" else [name]
    return _ours(name, folder, [_ROOT / "artifacts" / part for part in parts])


def _trained(kind: str, folder: Path, more: Sequence[str] = ()) -> Made:
    """A model trained by the project's own command on the folder's papers."""
    import subprocess

    command = [*OURS, "train", "--model-type", kind, "--dataset", str(folder / "splits"), "--split-by", "source"]
    done = subprocess.run(
        [*command, "--output", str(folder / "models"), "--json", *more], check=True, stdout=subprocess.PIPE
    )
    bundle = folder / "models" / json.loads(done.stdout)["model"]
    return _ours(str(bundle), folder, [bundle])


def _ours(reference: str, folder: Path, bundles: Sequence[Path]) -> Made:
    from entrypoints.container import container_of
    from entrypoints.settings import load_settings

    loaded = container_of(load_settings({"artifacts": str(folder / "models")})).loaded_model(reference)
    columns = [loaded.classifier.taxonomy.column(category) for category in _labels(folder)]
    cold = [*OURS, "predict", "--text", TEXT, "--model", reference]
    return Made(_reading(loaded.classifier, columns), bundles, cold)


def _random_weights(pooling: str, folder: Path) -> Made:
    """A transformer of BERT-base's size in int8, as this project serves it, with random weights."""
    from benchmarks.transformer_programs import bert_base, onnx_program

    predict = onnx_program(bert_base(folder / "bert-base"), int8=True, pooling=pooling)
    return Made(lambda texts: predict([_abstract(text) for text in texts]))


def _labels(folder: Path) -> list[Any]:
    from domain.category import Category

    return [Category.parse(label) for label in exchange.labels(folder)]


def _reading(classifier: Any, columns: Sequence[int]) -> Predict:
    def predict(texts: Sequence[str]) -> Scores:
        batches = [texts[start : start + 2_000] for start in range(0, len(texts), 2_000)]
        rows = [np.asarray(classifier.predict([_abstract(t) for t in batch]).probabilities) for batch in batches]
        return np.concatenate(rows)[:, columns]

    return predict


def _abstract(text: str) -> Any:
    from domain.abstract import Abstract

    title, _, body = text.partition("\n")
    return Abstract(body or title, title)


PROGRAMS: dict[str, Callable[[Path], Made]] = {
    "baseline": partial(_trained, "baseline"),
    "baseline (shipped)": partial(_shipped, "baseline"),
    "minilm (shipped)": partial(_shipped, "minilm"),
    "ensemble (shipped)": partial(_shipped, "ensemble"),
    f"scibert ({RANDOM})": partial(_random_weights, "mean"),
    f"specter ({RANDOM})": partial(_random_weights, "cls"),
    "LinearSVC": _linear_svc,
    "logistic regression": _logistic,
    "fastText": _fast_text,
    "omikuji": _omikuji,
}


if __name__ == "__main__":
    main()
