"""Transformers as served here beside transformers and torch, all in one run in which programs take turns.

    uv run --group torch python -m benchmarks.transformers [--quick] [--steps] [--bundle FOLDER] [--json FILE]

Reads the folder arxiv of ARXIV_CLASSIFIER_DATA. Both programs compute the same weights on the same text, cut at
256 tokens: MiniLM with its own weights, and random weights of BERT-base's size. `--steps` also times fine-tuning in
every Keras backend that is installed.
"""

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.commands import processor, usage_of
from benchmarks.speed import titles_and_abstracts
from benchmarks.transformer_programs import (
    Predict,
    bert_base,
    minilm_folder,
    onnx_program,
    processors,
    torch_program,
    write_bundle,
)
from domain.abstract import Abstract

TORCH = "transformers + torch"
BATCHES = (8, 32)
BACKENDS = ("tensorflow", "jax", "torch")
TEXT = "We propose a convolutional network for image segmentation of medical scans."
SHIPPED = Path(__file__).parents[1] / "artifacts" / "minilm"
COLD_OURS = """
import sys
from domain.abstract import Abstract
from entrypoints.container import container_of
from entrypoints.settings import load_settings
container_of(load_settings({})).loaded_model(sys.argv[1]).classifier.predict([Abstract(sys.argv[2])])
"""
COLD_TORCH = """
import sys, torch
from transformers import AutoModel, AutoTokenizer
tokenizer, model = AutoTokenizer.from_pretrained(sys.argv[1]), AutoModel.from_pretrained(sys.argv[1]).eval()
with torch.inference_mode():
    model(**tokenizer([sys.argv[2]], return_tensors="pt"))
"""
# Prints the resident megabytes after each paper was read once, and after all requests, each of one paper.
RESIDENT = """
import json, resource, sys
from domain.abstract import Abstract
from entrypoints.container import container_of
from entrypoints.settings import load_settings
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() // 10**6
papers = [Abstract(text, title) for title, text in json.load(open(sys.argv[2]))]
classifier = container_of(load_settings({})).loaded_model(sys.argv[1]).classifier
for paper in papers:
    classifier.predict([paper])
before = resident()
for number in range(int(sys.argv[3])):
    classifier.predict([papers[number % len(papers)]])
print(before, resident())
"""

Row = dict[str, object]
Programs = Mapping[str, Predict]


def main() -> None:
    """Measures, prints a table each and writes all rows to a file."""
    options = _options()
    found: dict[str, list[Row]] = {"Machine": [_machine()]}
    papers = _papers(options.papers)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = {"MiniLM": minilm_folder(), "BERT-base": bert_base(folder / "bert-base")}
        for size, checkpoint in sizes.items():
            programs = {
                TORCH: torch_program(checkpoint),
                "ONNX float32": onnx_program(checkpoint, int8=False),
                "ONNX int8": onnx_program(checkpoint, int8=True),
            }
            found[f"{size}: many abstracts"] = bulk(programs, papers, options.rounds)
            found[f"{size}: one abstract"] = single(programs, papers, options.single)
        bundle = options.bundle or (SHIPPED if (SHIPPED / "manifest.json").is_file() else write_bundle(folder))
        found["A process of its own"] = cold(bundle, options.rounds)
        found["Resident memory"] = resident(bundle, papers, options.requests)
    if options.steps:
        found["Fine-tuning MiniLM, 64 papers of 128 tokens a step"] = steps(options.steps_measured)
    for title, rows in found.items():
        print(f"\n## {title}\n\n{table(rows)}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="few papers and rounds, to see that it runs")
    parser.add_argument("--papers", type=int, help="test papers that each program predicts in a round; 128")
    parser.add_argument("--rounds", type=int, help="times that each program takes its turn; 5")
    parser.add_argument("--single", type=int, help="calls with one abstract; 500")
    parser.add_argument("--requests", type=int, help="requests between which memory is compared; 10,000")
    parser.add_argument("--steps", action="store_true", help="also time fine-tuning in each Keras backend")
    parser.add_argument("--steps-measured", type=int, help="steps timed for each backend and precision; 10")
    parser.add_argument("--bundle", type=Path, help="started cold; artifacts/minilm, or MiniLM with an untrained head")
    parser.add_argument("--json", type=Path, default=Path("runs/transformers.json"))
    options = parser.parse_args()
    full = {"papers": 128, "rounds": 5, "single": 500, "requests": 10_000, "steps_measured": 10}
    quick = {"papers": 32, "rounds": 2, "single": 40, "requests": 200, "steps_measured": 2}
    for name, value in (quick if options.quick else full).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


def _machine() -> Row:
    names = ("torch", "transformers", "onnxruntime", "tokenizers")
    return {
        "processor": processor(),
        "processors": processors(),
        "Python": platform.python_version(),
        **{name: version(name) for name in names},
    }


def _papers(count: int) -> list[Abstract]:
    titles, abstracts = titles_and_abstracts("test", count)
    return [Abstract(text, title) for title, text in zip(titles, abstracts, strict=True)]


def bulk(programs: Programs, papers: Sequence[Abstract], rounds: int) -> list[Row]:
    """Abstracts per second from text to probabilities, the median over rounds, at each number of abstracts a call.

    The difference is the greatest one of a probability from torch's.
    """
    rows: list[Row] = []
    for predict in programs.values():
        predict(papers[:1])  # what is set up at the first call is not timed
    for size in BATCHES:
        calls = [papers[start : start + size] for start in range(0, len(papers), size)]
        turns: dict[str, list[Turn]] = {name: [] for name in programs}
        for _ in range(rounds):
            for name, predict in programs.items():
                turns[name].append(_turn(predict, calls))
        walls = {name: statistics.median(turn.wall for turn in taken) for name, taken in turns.items()}
        for name, taken in turns.items():
            cpu = statistics.median(turn.cpu for turn in taken)
            difference = np.abs(taken[0].probabilities - turns[TORCH][0].probabilities).max()
            rows.append(
                {
                    "program": name,
                    "abstracts a call": size,
                    "abstracts/s": round(len(papers) / walls[name], 1),
                    "ratio": round(walls[TORCH] / walls[name], 2),
                    "CPU-seconds an abstract": round(cpu / len(papers), 4),
                    "difference": f"{difference:.1e}",
                }
            )
    return rows


class Turn(NamedTuple):
    """Wall and CPU seconds, the latter of all threads, and the probabilities (papers, 50)."""

    wall: float
    cpu: float
    probabilities: NDArray[np.float32]


def _turn(predict: Predict, calls: Sequence[Sequence[Abstract]]) -> Turn:
    started, cpu = time.perf_counter(), time.process_time()
    found = [predict(call) for call in calls]
    return Turn(time.perf_counter() - started, time.process_time() - cpu, np.concatenate(found))


def single(programs: Programs, papers: Sequence[Abstract], calls: int) -> list[Row]:
    """Milliseconds of a call with one abstract; programs take turns of 20 calls."""
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for start in range(0, calls, 20):
        for name, predict in programs.items():
            for number in range(start, start + 20):
                taken[name].append(_turn(predict, [[papers[number % len(papers)]]]).wall)
    return [
        {
            "program": name,
            "p50 ms": round(1e3 * statistics.median(seconds), 1),
            "p99 ms": round(1e3 * statistics.quantiles(seconds, n=100)[98], 1),
        }
        for name, seconds in taken.items()
    ]


def cold(bundle: Path, rounds: int) -> list[Row]:
    """A process that starts, loads MiniLM, reads one abstract and ends: median wall seconds, peak megabytes."""
    programs = {
        TORCH: [sys.executable, "-c", COLD_TORCH, str(minilm_folder()), TEXT],
        "arxiv-classifier": [sys.executable, "-c", COLD_OURS, str(bundle), TEXT],
    }
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, command in programs.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            taken[name].append(time.perf_counter() - started)
    return [
        {"program": name, "seconds": round(statistics.median(taken[name]), 2), "peak MB": usage_of(command).memory}
        for name, command in programs.items()
    ]


def resident(bundle: Path, papers: Sequence[Abstract], requests: int) -> list[Row]:
    """Returns the resident megabytes of a process that serves the bundle, after one round of papers and after more."""
    if not Path("/proc/self/statm").is_file():
        return [{"requests": "not measured: this system has no /proc"}]
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "papers.json"
        source.write_text(json.dumps([(paper.title, paper.text) for paper in papers]), "utf-8")
        command = [sys.executable, "-c", RESIDENT, str(bundle), str(source), str(requests)]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    before, after = map(int, printed.split())
    return [{"requests": requests, "MB before": before, "MB after": after}]


def steps(count: int) -> list[Row]:
    """Papers per second of fine-tuning, in each backend and precision."""
    rows: list[Row] = []
    for backend in BACKENDS:
        if importlib.util.find_spec(backend) is None:
            rows.append({"backend": backend, "device": "not installed", "precision": "", "papers/s": ""})
            continue
        for precision in ("float32", "bfloat16"):
            command = [sys.executable, "-m", "benchmarks.transformer_steps", precision, "--steps", str(count)]
            environment = {**os.environ, "KERAS_BACKEND": backend}
            printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
            found = json.loads(printed.splitlines()[-1])
            named = {"backend": backend, "device": found["device"], "precision": precision}
            rows.append({**named, "papers/s": found["papers_per_second"]})
    return rows


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([str(row[name]) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
