"""The three architectures and what a user would pick instead, in one run on the same papers.

    uv run --group bench --group torch --extra train python -m benchmarks.architectures
        [--data FOLDER] [--papers 100000] [--test 4000] [--programs "LinearSVC,fastText"]
        [--leave-out IDS] [--annif PYTHON] [--torch PYTHON] [--output runs/architectures]

FOLDER has train, validation and test.parquet; by default the folder arxiv of ARXIV_CLASSIFIER_DATA. Every program
learns from the same sample of train, has one threshold tuned for micro F1 on validation, and is measured on the same
test papers. Shipped models are measured as they are. IDS is a file with the arXiv ids, one a line, that a shipped model
has learnt from: validation and test leave them out. `scibert` and `specter` have random weights, which gives their
speed and no accuracy. `--annif` is the Python of an environment with annif[omikuji], and `--torch` that of one with
sentence-transformers and scikit-learn.

Each program runs in a process of its own, and its row is kept in the output folder. The same command again runs what
is missing or failed. results.json, table.md and plot.svg are written after each program.
benchmarks.architecture_report puts them into the documentation.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from application.calibration.threshold_tuning import tune_global_threshold
from application.metrics.multi_label import multilabel_metrics
from benchmarks.architecture_program import PROGRAMS, RANDOM
from benchmarks.architecture_report import ACCURACY, DISTRIBUTIONS, ROOT, Row, plot, table
from benchmarks.commands import processor, usage_of
from benchmarks.installed_size import megabytes_of
from benchmarks.real_papers import DATA
from entrypoints.run_environment import commit_of
from entrypoints.taxonomies import load_taxonomy

_ELSEWHERE = Path(__file__).parent / "elsewhere"
_COLD_ROUNDS = 3
_OURS = ["arxiv-classifier"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the programs that have no row yet, and writes table and plot; returns 1 if a program failed."""
    options = _options(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    settings = {name: getattr(options, name) for name in ("papers", "test", "seed")} | {"data": str(options.data)}
    settings |= {"left_out": len(ids_of(options.leave_out))} if options.leave_out else {}
    rows, failed = [], False
    for name, command in programs(options).items():
        row = kept(options.output / f"{_file_name(name)}.json", settings) or _tried(name, command, options, settings)
        if row is None:
            failed = True
            continue
        print(json.dumps(row), flush=True)
        rows.append(row)
        write_results(options.output, {"settings": settings, "rows": rows})
    return 1 if failed else 0


def _tried(
    name: str, command: Sequence[str], options: argparse.Namespace, settings: Mapping[str, object]
) -> Row | None:
    """Runs a program and keeps its row; None, with the log's place on stderr, if the program fails."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    stem = options.output / _file_name(name)
    try:
        row = _measured(name, command, options)
    except subprocess.CalledProcessError as error:
        print(f"{name} failed with exit code {error.returncode}: see {stem}.log", file=sys.stderr, flush=True)
        return None
    _write(Path(f"{stem}.json"), json.dumps({"settings": settings, "row": row}, indent=2) + "\n")
    return row


def write_results(folder: Path, results: Mapping[str, Any]) -> None:
    """Writes what was measured so far as JSON, table and plot."""
    _write(folder / "results.json", json.dumps(results, indent=2) + "\n")
    _write(folder / "table.md", table(results["rows"]))
    plot(results["rows"], folder / "plot.svg")


def _write(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--papers", type=int, default=100_000, help="training papers, drawn at random")
    parser.add_argument("--test", type=int, default=4_000, help="validation and test papers each, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--leave-out", type=Path, help="a file of arXiv ids, one a line, to keep out of validation and test"
    )
    parser.add_argument("--programs", help="names separated by commas")
    parser.add_argument("--annif", help="the Python of an environment with annif[omikuji]")
    parser.add_argument("--torch", help="the Python of an environment with sentence-transformers and scikit-learn")
    parser.add_argument("--output", type=Path, default=Path("runs/architectures"))
    return parser.parse_args(arguments)


def programs(options: argparse.Namespace) -> dict[str, list[str]]:
    """The commands by name; each is given the folder as its last argument."""
    found = {name: [sys.executable, "-m", "benchmarks.architecture_program", name] for name in PROGRAMS}
    if options.annif:
        found["Annif"] = [options.annif, str(_ELSEWHERE / "annif_project.py")]
    if options.torch:
        from benchmarks.transformer_programs import minilm_folder

        script = str(_ELSEWHERE / "sentence_transformer.py")
        found["sentence-transformers"] = [options.torch, script, "--encoder", str(minilm_folder())]
    if not options.programs:
        return found
    wanted = [name.strip() for name in options.programs.split(",")]
    if unknown := sorted(set(wanted) - set(found)):
        raise SystemExit(f"There is no program {unknown[0]!r}. Known are: {', '.join(found)}.")
    return {name: found[name] for name in wanted}


def _file_name(program: str) -> str:
    return re.sub(r"[^A-Za-z]+", "-", program).strip("-").lower()


def kept(path: Path, settings: Mapping[str, object]) -> Row | None:
    """The row of an earlier run with the same settings."""
    if not path.is_file():
        return None
    found = json.loads(path.read_text("utf-8"))
    row: Row | None = found["row"] if found["settings"] == settings else None
    return row


def _measured(name: str, command: Sequence[str], options: argparse.Namespace) -> Row:
    folder = options.output / "work"
    shutil.rmtree(folder, ignore_errors=True)
    truth = write_papers(folder, options)
    with (options.output / f"{_file_name(name)}.log").open("w") as log:
        subprocess.run([*command, str(folder)], check=True, stdout=log, stderr=log)
    figures = json.loads((folder / "figures.json").read_text("utf-8"))
    row: Row = {"program": name, **_accuracy(folder, truth, random=RANDOM in name)}
    trains = "shipped" not in name and RANDOM not in name
    row |= {key: round(value, 3) for key, value in figures.items() if trains or not key.startswith("train_")}
    row["cold_s"] = _cold(folder / "cold.json")
    row["installed_mb"] = megabytes_of(DISTRIBUTIONS.get(name, _OURS), command[0])
    row |= {"commit": commit_of(ROOT), "day": date.today().isoformat(), "machine": f"{os.cpu_count()} x {processor()}"}
    shutil.rmtree(folder)
    return row


def write_papers(folder: Path, options: argparse.Namespace) -> dict[str, NDArray[np.bool_]]:
    """Writes what programs read, and returns the targets of validation and test."""
    columns = {category.identifier: column for column, category in enumerate(load_taxonomy())}
    (folder / "splits").mkdir(parents=True)
    (folder / "labels.json").write_text(json.dumps(list(columns)), "utf-8")
    truth = {}
    left_out = ids_of(options.leave_out) if options.leave_out else set()
    for split, count in (("train", options.papers), ("validation", options.test), ("test", options.test)):
        rows = pq.read_table(options.data / f"{split}.parquet")
        if left_out and split != "train":
            rows = rows.filter([without_version(each) not in left_out for each in rows["id"].to_pylist()])
        chosen = np.sort(np.random.default_rng(options.seed).permutation(len(rows))[:count])
        pq.write_table(rows.take(chosen), folder / "splits" / f"{split}.parquet")
        papers = rows.select(["title", "abstract", "categories"]).take(chosen).to_pylist()
        truth[split] = np.zeros((len(papers), len(columns)), bool)
        with (folder / f"{split}.jsonl").open("w", encoding="utf-8") as file:
            for row, paper in zip(truth[split], papers, strict=True):
                known = [columns[name] for name in paper["categories"] if name in columns]
                row[known] = True
                text = f"{paper['title'] or ''}\n{paper['abstract']}"
                file.write(json.dumps({"text": text, "columns": known}) + "\n")
    return truth


def ids_of(path: Path) -> set[str]:
    """The arXiv ids of a file with one a line, without versions."""
    return {without_version(line) for line in path.read_text("utf-8").split()}


def without_version(identifier: str) -> str:
    """Returns an arXiv id without its version: 2504.05147 for 2504.05147v2."""
    return re.sub(r"v\d+$", "", identifier)


def _accuracy(folder: Path, truth: Mapping[str, NDArray[np.bool_]], *, random: bool) -> Row:
    """The metrics at the threshold that is best for micro F1 on validation."""
    if random:
        return {}
    scores = {split: np.load(folder / f"{split}.npy").astype(np.float32) for split in ("validation", "test")}
    threshold = tune_global_threshold(truth["validation"], scores["validation"])
    metrics = multilabel_metrics(truth["test"], scores["test"], np.full(scores["test"].shape[1], threshold))
    return {key: round(float(metrics[key]), 4) for key in ACCURACY}


def _cold(path: Path) -> float | None:
    """Seconds from the start of a process to one answer, the median of three; None without a command."""
    command = json.loads(path.read_text("utf-8")) if path.is_file() else []
    if not command:
        return None
    return round(statistics.median(usage_of(command).wall for _ in range(_COLD_ROUNDS)), 2)


if __name__ == "__main__":
    raise SystemExit(main())
