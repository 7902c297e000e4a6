"""What a program of another environment reads and writes; it imports numpy and the standard library only.

A folder holds train.jsonl, validation.jsonl and test.jsonl of `{"text": ..., "columns": [...]}` and labels.json. The
program writes scores, shape (papers, labels), as validation.npy and test.npy, and figures.json.
"""

import json
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SINGLE = 200
UNSCORED = 256


def papers(folder: Path, split: str) -> list[dict[str, Any]]:
    """The papers of a split."""
    return [json.loads(line) for line in (folder / f"{split}.jsonl").read_text("utf-8").splitlines()]


def labels(folder: Path) -> list[str]:
    """The labels in column order."""
    found: list[str] = json.loads((folder / "labels.json").read_text("utf-8"))
    return found


def report(
    folder: Path,
    train: Callable[[], Callable[[Sequence[str]], Any]],
    artefacts: Callable[[], int],
    *,
    score: bool = True,
) -> None:
    """Trains, predicts, and writes the scores and the figures. `artefacts` gives the saved model's bytes.

    Without `score`, as for random weights, a few papers are predicted for their time alone.
    """
    started, used = time.perf_counter(), processor_seconds()
    predict = train()
    figures: dict[str, float] = {
        "train_s": time.perf_counter() - started,
        "train_processor_s": processor_seconds() - used,
        "train_mb": peak(),
    }
    texts = [each["text"] for each in papers(folder, "test")][: None if score else UNSCORED]
    started, used = time.perf_counter(), processor_seconds()
    scores = predict(texts)
    figures["papers_per_s"] = len(texts) / (time.perf_counter() - started)
    figures["papers_per_processor_s"] = len(texts) / (processor_seconds() - used)
    if score:
        np.save(folder / "test.npy", scores)
        np.save(folder / "validation.npy", predict([each["text"] for each in papers(folder, "validation")]))
    figures["one_ms"] = 1e3 * statistics.median(_seconds(predict, text) for text in texts[:SINGLE])
    figures["artefact_mb"] = artefacts() / 1e6
    (folder / "figures.json").write_text(json.dumps(figures), "utf-8")


def peak() -> float:
    """Peak resident megabytes of this process and of those that it started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(_own_peak(), children) / 1024


def _own_peak() -> int:
    """Kilobytes. Linux's ru_maxrss begins with those of the process that started this one."""
    try:
        lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def processor_seconds() -> float:
    """Processor seconds of this process and of those that it started and that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def size(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    return sum(each.stat().st_size for each in ([path] if path.is_file() else path.rglob("*")) if each.is_file())


def _seconds(predict: Callable[[Sequence[str]], Any], text: str) -> float:
    started = time.perf_counter()
    predict([text])
    return time.perf_counter() - started
