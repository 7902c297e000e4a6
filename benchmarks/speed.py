"""Speed and memory of the shipped model beside its peers, all in one run.

    uv run --group bench python -m benchmarks.speed [--peers sklearn,sklearn-bigrams,fasttext,omikuji] [--json FILE]

Reads the folder arxiv of ARXIV_CLASSIFIER_DATA. Peers are trained on a sample, which moves their accuracy more
than their speed: their vocabularies are smaller than with all papers, which makes them faster if anything.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks import peers
from benchmarks.commands import usage_of
from benchmarks.real_papers import DATA
from domain.abstract import Abstract
from entrypoints.container import container_of
from entrypoints.settings import load_settings
from entrypoints.taxonomies import load_taxonomy

COMMAND = [sys.executable, "-m", "entrypoints"]
PEERS: dict[str, Callable[[list[str], NDArray[np.uint8]], peers.Predict]] = {
    "sklearn": lambda texts, targets: peers.scikit_learn(texts, targets, bigrams=False),
    "sklearn-bigrams": lambda texts, targets: peers.scikit_learn(texts, targets, bigrams=True),
    "fasttext": peers.fast_text,
    "omikuji": peers.omikuji,
}
# One whole command with the peer's pipeline: start, load, read JSONL, predict, write JSONL.
PEER_COMMAND = """
import json, sys, joblib
pipeline = joblib.load(sys.argv[1])
rows = [json.loads(line) for line in open(sys.argv[2])]
margins = pipeline.decision_function([f"{row['title']}\\n{row['abstract']}" for row in rows])
with open(sys.argv[3], "w") as file:
    for row, values in zip(rows, margins):
        labels = [{"label": int(c), "probability": float(values[c])} for c in (-values).argsort() if values[c] > -0.3]
        file.write(json.dumps({"id": row["id"], "predictions": labels}) + "\\n")
"""


def main() -> None:
    """Runs every measurement and prints one row each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--train", type=int, default=20_000, help="papers the peers are trained on")
    parser.add_argument("--papers", type=int, default=16_000, help="test papers that are predicted")
    parser.add_argument("--json", type=Path, help="also write the rows here")
    options = parser.parse_args()
    rows = [*in_process(options), *whole_commands(options), *memory()]
    for row in rows:
        print("  ".join(f"{name}={value}" for name, value in row.items()))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


Row = dict[str, object]


def in_process(options: argparse.Namespace) -> list[Row]:
    """Bulk and single-abstract speed from text to probabilities; programs take turns, so that noise hits all alike."""
    titles, abstracts = titles_and_abstracts("test", options.papers)
    ours = [Abstract(text, title) for title, text in zip(titles, abstracts, strict=True)]
    texts = [f"{title}\n{text}" for title, text in zip(titles, abstracts, strict=True)]
    classifier = container_of(load_settings({})).loaded_model("baseline").classifier
    programs: dict[str, tuple[Callable[[list[Any]], object], list[Any]]] = {
        "arxiv-classifier": (classifier.predict, ours)
    }
    for name in filter(None, options.peers.split(",")):
        programs[name] = (PEERS[name](*training_papers(options.train)), texts)
    return _timed(programs)


def _timed(programs: Mapping[str, tuple[Callable[[list[Any]], object], list[Any]]]) -> list[Row]:
    bulk: dict[str, list[float]] = {name: [] for name in programs}
    single: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(5):
        for name, (predict, papers) in programs.items():
            bulk[name].append(_seconds(partial(predict, papers)))
    for start in range(0, 3000, 100):
        for name, (predict, papers) in programs.items():
            single[name].extend(_seconds(partial(predict, [paper])) for paper in papers[start : start + 100])
    return [
        {
            "what": "in process",
            "program": name,
            "abstracts_per_second": round(len(papers) / statistics.median(bulk[name])),
            "one_p50_ms": round(1e3 * statistics.median(single[name]), 3),
            "one_p99_ms": round(1e3 * statistics.quantiles(single[name], n=100)[98], 3),
        }
        for name, (_, papers) in programs.items()
    ]


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def whole_commands(options: argparse.Namespace) -> list[Row]:
    """`predict` on a file, from the shell's point of view, beside the scikit-learn pipeline doing the same."""
    import joblib

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = _write_jsonl(folder / "papers.jsonl", options.papers)
        ours = [*COMMAND, "predict", str(source), "--output", str(folder / "ours.jsonl")]
        rows = [_run("predict FILE", "arxiv-classifier", ours)]
        for kind in ("sklearn", "sklearn-bigrams"):
            if kind in options.peers.split(","):
                predict = PEERS[kind](*training_papers(options.train))
                joblib.dump(predict.pipeline, folder / "model.joblib")  # type: ignore[attr-defined]  # set by the peer
                arguments = [str(folder / "model.joblib"), str(source), str(folder / "theirs.jsonl")]
                rows.append(_run("predict FILE", kind, [sys.executable, "-c", PEER_COMMAND, *arguments]))
    text = "We propose a convolutional network for image segmentation of medical scans."
    return [
        *rows,
        _run("predict --text, cold", "arxiv-classifier", [*COMMAND, "predict", "--text", text]),
        _run("--help", "arxiv-classifier", [*COMMAND, "--help"]),
    ]


def _run(what: str, program: str, command: list[str]) -> Row:
    seconds = statistics.median(
        _seconds(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(5)
    )
    return {"what": what, "program": program, "seconds": round(seconds, 3)}


def memory() -> list[Row]:
    """Peak resident memory of `predict` on 10,000 and on 200,000 papers."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        for papers in (10_000, 200_000):
            source = _write_jsonl(Path(name) / "papers.jsonl", papers, split="train")
            command = [*COMMAND, "predict", str(source), "--output", f"{name}/out.jsonl"]
            rows.append(
                {
                    "what": f"memory, {papers:,} papers",
                    "program": "arxiv-classifier",
                    "peak_mb": usage_of(command).memory,
                }
            )
    return rows


def titles_and_abstracts(split: str, papers: int) -> tuple[list[str], list[str]]:
    """Those of a split's first papers."""
    table = pq.read_table(DATA / f"{split}.parquet", columns=["title", "abstract"]).slice(0, papers)
    return table["title"].to_pylist(), table["abstract"].to_pylist()


def training_papers(papers: int) -> tuple[list[str], NDArray[np.uint8]]:
    """A seeded sample of training papers as text and multi-hot targets."""
    table = pq.read_table(DATA / "train.parquet", columns=["title", "abstract", "categories"])
    chosen = table.take(np.random.default_rng(0).choice(len(table), papers, replace=False)).to_pylist()
    columns = {category.identifier: column for column, category in enumerate(load_taxonomy())}
    targets = np.zeros((papers, len(columns)), np.uint8)
    for row, paper in zip(targets, chosen, strict=True):
        row[[columns[name] for name in paper["categories"] if name in columns]] = 1
    return [f"{paper['title']}\n{paper['abstract']}" for paper in chosen], targets


def _write_jsonl(path: Path, papers: int, split: str = "test") -> Path:
    table = pq.read_table(DATA / f"{split}.parquet", columns=["id", "title", "abstract"]).slice(0, papers)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in table.to_pylist())
    return path


if __name__ == "__main__":
    main()
