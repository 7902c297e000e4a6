"""How many labelled papers it takes: the baseline and MiniLM, frozen or fine-tuned, on samples of growing size.

    uv run --group bench python -m benchmarks.data_efficiency [--sizes 1000,10000,100000] [--plot FILE.png]

Reads the folder arxiv of ARXIV_CLASSIFIER_DATA. Each sample of the training papers contains the smaller ones.
Every model is calibrated and its threshold tuned on the same validation papers and judged on all test papers, with
titles. Checkpoints and the vectors of the frozen encoder are kept in a cache folder, and rows in the JSON file: a run
that was stopped goes on where it was.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from application.calibration.platt_scaling import CalibratedClassifier
from application.calibration.tuning import tune, tuning_papers
from application.evaluate import Evaluate, probabilities_of
from application.papers.splitting import SplitPolicy, Splits, read_splits
from application.papers.targets import targets_of
from application.train import validation_score
from benchmarks.real_papers import DATA
from benchmarks.transformer_programs import minilm_folder
from domain.ports.classifier import FitSession, TrainableClassifier
from entrypoints.cli.bad_records import BadRecords
from entrypoints.container import container_of
from entrypoints.settings import load_settings
from entrypoints.taxonomies import load_taxonomy

CACHE = Path(tempfile.gettempdir()) / "arxiv-classifier-data-efficiency"
SEED = 0
MINILM: Mapping[str, object] = {"max_length": 128, "title_dropout": 0.0, "keep_keras": False, "encoder_dropout": 0.0}
# So many passes that a sample of each size is seen some ten thousand times or more.
EPOCHS = {1_000: 8, 10_000: 3}
NAMES = {"baseline": "baseline", "head": "MiniLM, frozen, with a head", "fine-tuned": "MiniLM, fine-tuned"}

Row = dict[str, object]


def main() -> None:
    """Trains and judges every model on every sample, prints a table, writes JSON and draws the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", default="1000,10000,100000", help="training papers, comma separated")
    parser.add_argument("--models", default=",".join(NAMES), help="names of models, comma separated")
    parser.add_argument("--validation", type=int, default=2_000, help="validation papers that models are tuned on")
    parser.add_argument("--test", type=int, help="at most so many test papers; all")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of checkpoints and vectors")
    parser.add_argument("--json", type=Path, default=Path("runs/data_efficiency.json"))
    parser.add_argument("--plot", type=Path, help="draw the plot here")
    options = parser.parse_args()
    sizes = sorted(map(int, options.sizes.split(",")))
    papers = _papers(max(sizes), options.validation, options.test)
    rows = _rows(options.json)
    for size in sizes:
        for model in options.models.split(","):
            if any((row["model"], row["papers"]) == (model, size) for row in rows) or not _applies(model, size):
                continue
            rows.append(_row(model, Splits(papers.train[:size], papers.validation, papers.test), options.cache))
            print(json.dumps(rows[-1]), flush=True)
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    print(markdown(rows))
    if options.plot:
        draw(rows, options.plot)


def _applies(model: str, size: int) -> bool:
    return model != "fine-tuned" or size <= max(EPOCHS)


def _rows(path: Path) -> list[Row]:
    rows: list[Row] = json.loads(path.read_text("utf-8")) if path.is_file() else []
    return rows


def _papers(training: int, validation: int, test: int | None) -> Splits:
    dataset = container_of(load_settings({"dataset": str(DATA)})).dataset()
    refuse = BadRecords(print, strict=True)
    whole = read_splits(dataset, SplitPolicy("source"), limit_samples=None, seed=SEED, on_bad_record=refuse)
    order = np.random.default_rng(SEED).permutation(len(whole.train))[:training]
    spread = whole.validation[:: max(1, len(whole.validation) // validation)][:validation]
    return Splits([whole.train[place] for place in order], spread, whole.test[:test])


def _row(model: str, papers: Splits, cache: Path) -> Row:
    classifier = _classifier(model, len(papers.train))
    started = time.perf_counter()
    _fit(classifier, papers, cache / f"{model}-{len(papers.train)}")
    seconds = time.perf_counter() - started
    tuning = tuning_papers(papers.validation, classifier.taxonomy)
    calibration, thresholds = tune(tuning, probabilities_of(classifier, tuning.abstracts))
    metrics = Evaluate(CalibratedClassifier(classifier, calibration), thresholds)(papers.test, with_titles=True).metrics
    return {
        "model": model,
        "papers": len(papers.train),
        "micro_f1": round(metrics["micro_f1"], 4),
        "macro_f1": round(metrics["macro_f1"], 4),
        "mAP": round(metrics["average_precision_macro"], 4),
        "precision_at_1": round(metrics["precision_at_1"], 4),
        "recall_at_5": round(metrics["recall_at_5"], 4),
        "seconds": round(seconds),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000,
    }


def _classifier(model: str, size: int) -> TrainableClassifier:
    family = container_of(load_settings({})).family("baseline" if model == "baseline" else "minilm")
    checkpoint = {"checkpoint": str(minilm_folder())}
    options: dict[str, Mapping[str, object]] = {
        "baseline": {"keep_keras": False},
        "head": {**MINILM, **checkpoint, "freeze_encoder": True},
        "fine-tuned": {**MINILM, **checkpoint, "epochs": EPOCHS.get(size, 1), "batch_size": 32},
    }
    trainable: TrainableClassifier = family.trainable(load_taxonomy(), options[model])
    return trainable


def _fit(classifier: TrainableClassifier, papers: Splits, workspace: Path) -> None:
    targets = targets_of(papers.validation, classifier.taxonomy)
    workspace.mkdir(parents=True, exist_ok=True)
    session = FitSession(SEED, workspace, lambda batch: validation_score(targets, batch))
    classifier.fit(papers.train, papers.validation, session)


def markdown(rows: Sequence[Row]) -> str:
    """A table with a line for each model and sample."""
    lines = ["| training papers | model | micro F1 | macro F1 | mAP | P@1 | R@5 | seconds |", "|---" * 8 + "|"]
    for row in sorted(rows, key=lambda row: (int(str(row["papers"])), list(NAMES).index(str(row["model"])))):
        values = [row[name] for name in ("micro_f1", "macro_f1", "mAP", "precision_at_1", "recall_at_5", "seconds")]
        lines.append(f"| {row['papers']:,} | {NAMES[str(row['model'])]} | {' | '.join(map(str, values))} |")
    return "\n".join(lines)


def draw(rows: Sequence[Row], path: Path) -> None:
    """Micro F1 over the number of training papers, a line for each model."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    for model, colour in zip(NAMES, ("#4a5568", "#2b6cb0", "#c05621"), strict=True):
        points = sorted((int(str(row["papers"])), float(str(row["micro_f1"]))) for row in rows if row["model"] == model)
        axes.plot(*zip(*points, strict=True), marker="o", color=colour, label=NAMES[model])
    axes.set(xscale="log", xlabel="training papers", ylabel="micro F1, test papers with titles")
    sizes = sorted({int(str(row["papers"])) for row in rows})
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.grid(visible=True, alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
