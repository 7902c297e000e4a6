"""The three architectures and what a user would pick instead, in one run on the same papers.

    uv run --group bench --group torch --extra train python -m benchmarks.architectures
        [--data FOLDER] [--papers 100000] [--test 4000] [--programs "LinearSVC,fastText"]
        [--annif PYTHON] [--torch PYTHON] [--output runs/architectures]

FOLDER has train, validation and test.parquet; by default the folder arxiv of ARXIV_CLASSIFIER_DATA. Every program
learns from the same sample of train, has one threshold tuned for micro F1 on validation, and is measured on the same
test papers. Shipped models are measured as they are. `scibert` and `specter` have random weights, which gives their
speed and no accuracy. `--annif` is the Python of an environment with annif[omikuji], and `--torch` that of one with
sentence-transformers and scikit-learn.

Each program runs in a process of its own, and its row is kept in the output folder. The same command again runs what
is missing. results.json, table.md and plot.svg are written at the end.
"""

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from application.calibration.threshold_tuning import tune_global_threshold
from application.metrics.multi_label import multilabel_metrics
from benchmarks.architecture_program import PROGRAMS
from benchmarks.commands import usage_of
from benchmarks.installed_size import megabytes_of
from benchmarks.real_papers import DATA
from entrypoints.taxonomies import load_taxonomy

_ELSEWHERE = Path(__file__).parent / "elsewhere"
_RANDOM = "random weights"
_COLD_ROUNDS = 3
_ACCURACY = {
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
    "average_precision_macro": "macro mAP",
    "precision_at_1": "P@1",
    "recall_at_5": "R@5",
    "ece_likely": "ECE",
}
# What is installed for each program.
_DISTRIBUTIONS = {
    "LinearSVC": ["scikit-learn"],
    "logistic regression": ["scikit-learn"],
    "fastText": ["fasttext-wheel"],
    "omikuji": ["omikuji", "scikit-learn"],
    "Annif": ["annif", "omikuji"],
    "sentence-transformers": ["sentence-transformers", "scikit-learn"],
}
_OURS = ["arxiv-classifier"]

Row = dict[str, Any]


def main() -> None:
    """Runs the programs that have no row yet, and writes table and plot."""
    options = _options()
    options.output.mkdir(parents=True, exist_ok=True)
    settings = {name: getattr(options, name) for name in ("papers", "test", "seed")} | {"data": str(options.data)}
    rows = []
    for name, command in programs(options).items():
        path = options.output / f"{_file_name(name)}.json"
        row = kept(path, settings)
        if row is None:
            print(f"{name} ...", file=sys.stderr, flush=True)
            row = _measured(name, command, options)
            path.write_text(json.dumps({"settings": settings, "row": row}, indent=2) + "\n", "utf-8")
        print(json.dumps(row), flush=True)
        rows.append(row)
    results = {"settings": settings, "rows": rows}
    (options.output / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    (options.output / "table.md").write_text(table(rows), "utf-8")
    plot(rows, options.output / "plot.svg")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--papers", type=int, default=100_000, help="training papers, drawn at random")
    parser.add_argument("--test", type=int, default=4_000, help="validation and test papers each, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--programs", help="names separated by commas")
    parser.add_argument("--annif", help="the Python of an environment with annif[omikuji]")
    parser.add_argument("--torch", help="the Python of an environment with sentence-transformers and scikit-learn")
    parser.add_argument("--output", type=Path, default=Path("runs/architectures"))
    return parser.parse_args()


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
    row: Row = {"program": name, **_accuracy(folder, truth, random=_RANDOM in name)}
    trains = "shipped" not in name and _RANDOM not in name
    row |= {key: round(value, 3) for key, value in figures.items() if trains or not key.startswith("train_")}
    row["cold_s"] = _cold(folder / "cold.json")
    row["installed_mb"] = megabytes_of(_DISTRIBUTIONS.get(name, _OURS), command[0])
    shutil.rmtree(folder)
    return row


def write_papers(folder: Path, options: argparse.Namespace) -> dict[str, NDArray[np.bool_]]:
    """Writes what programs read, and returns the targets of validation and test."""
    columns = {category.identifier: column for column, category in enumerate(load_taxonomy())}
    (folder / "splits").mkdir(parents=True)
    (folder / "labels.json").write_text(json.dumps(list(columns)), "utf-8")
    truth = {}
    for split, count in (("train", options.papers), ("validation", options.test), ("test", options.test)):
        rows = pq.read_table(options.data / f"{split}.parquet")
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


def _accuracy(folder: Path, truth: Mapping[str, NDArray[np.bool_]], *, random: bool) -> Row:
    """The metrics at the threshold that is best for micro F1 on validation."""
    if random:
        return {}
    scores = {split: np.load(folder / f"{split}.npy").astype(np.float32) for split in ("validation", "test")}
    threshold = tune_global_threshold(truth["validation"], scores["validation"])
    metrics = multilabel_metrics(truth["test"], scores["test"], np.full(scores["test"].shape[1], threshold))
    return {key: round(float(metrics[key]), 4) for key in _ACCURACY}


def _cold(path: Path) -> float | None:
    """Seconds from the start of a process to one answer, the median of three; None without a command."""
    command = json.loads(path.read_text("utf-8")) if path.is_file() else []
    if not command:
        return None
    return round(statistics.median(usage_of(command).wall for _ in range(_COLD_ROUNDS)), 2)


_COLUMNS: dict[str, tuple[str, Callable[[Any], str]]] = {
    **{key: (name, lambda value: f"{value:.4f}".lstrip("0")) for key, name in _ACCURACY.items()},
    "train_s": ("training", lambda value: f"{value:,.0f} s"),
    "train_mb": ("its memory", lambda value: f"{value:,.0f} MB"),
    "one_ms": ("one abstract", lambda value: f"{value:.2f} ms"),
    "papers_per_s": ("papers/s", lambda value: f"{value:,.0f}"),
    "cold_s": ("cold start", lambda value: f"{value:.1f} s"),
    "artefact_mb": ("model", lambda value: f"{value:,.1f} MB"),
    "installed_mb": ("installed", lambda value: f"{value:,.0f} MB"),
}


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [["program", *(name for name, _ in _COLUMNS.values())], ["---"] * (len(_COLUMNS) + 1)]
    for row in rows:
        cells = [show(row[key]) if row.get(key) is not None else "" for key, (_, show) in _COLUMNS.items()]
        lines.append([row["program"], *cells])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def plot(rows: Sequence[Row], path: Path) -> None:
    """Micro F1 against the milliseconds of one abstract and against the size of the model."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4.2), sharey=True, layout="constrained")
    for axis, key, label in zip(axes, ("one_ms", "artefact_mb"), ("one abstract (ms)", "model (MB)"), strict=True):
        shown = [row for row in rows if "micro_f1" in row and row.get(key)]
        for row in shown:
            ours = row["program"] in PROGRAMS and row["installed_mb"] and row["program"] not in _DISTRIBUTIONS
            axis.scatter(row[key], row["micro_f1"], color="#0072b2" if ours else "#8a8a8a", zorder=3)
            axis.annotate(row["program"], (row[key], row["micro_f1"]), xytext=(4, 4), textcoords="offset points")
        axis.set_xscale("log")
        axis.set_xlabel(label)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("micro F1")
    figure.savefig(path)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
