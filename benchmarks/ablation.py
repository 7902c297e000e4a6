"""What each choice of the baseline is worth: one option changed at a time, judged on validation.

    uv run --group dev python -m benchmarks.ablation [--papers 30000] [--only NAME,NAME] [--json FILE]

Reads the folder arxiv of ARXIV_CLASSIFIER_DATA: a seeded sample of the training papers, all validation papers.
Batches are of 1,024 papers throughout. Scores are of raw probabilities after Platt scaling and mixing fitted out of
fold, so nothing is judged on what it saw.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from application.calibration.form_choice import choose_calibration
from application.calibration.threshold_tuning import tune_global_threshold
from application.evaluate import probabilities_of
from application.metrics.multi_label import multilabel_metrics
from application.papers.splitting import SplitPolicy, Splits, read_splits
from application.papers.targets import targets_of
from application.train import validation_score
from benchmarks.real_papers import DATA
from domain.ports.classifier import FitSession
from entrypoints.cli.bad_records import BadRecords
from entrypoints.container import container_of
from entrypoints.settings import load_settings
from entrypoints.taxonomies import load_taxonomy

VARIANTS: dict[str, Mapping[str, object]] = {
    "defaults": {},
    "unigrams only": {"bigrams": 0, "unigrams": 75_000},
    "20,000 + 20,000 terms": {"unigrams": 20_000, "bigrams": 20_000},
    "60,000 + 140,000 terms": {"unigrams": 60_000, "bigrams": 140_000},
    "stop words removed": {"keep_stop_words": False},
    "Snowball stems": {"stemming": "snowball"},
    "Porter stems": {"stemming": "porter"},
    "simplemma lemmas": {"lemmas": "simplemma"},
    "hidden 128": {"hidden": [128]},
    "hidden 512": {"hidden": [512]},
    "hidden 256, 128": {"hidden": [256, 128]},
    "focal loss": {"loss": "focal"},
    "asymmetric loss": {"loss": "asymmetric"},
    "no dropout": {"term_dropout": 0.0, "hidden_dropout": 0.0},
    "titles always": {"title_dropout": 0.0},
    "no recency weights": {"recency_half_life": 0},
}


def main() -> None:
    """Trains each variant and prints its scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--papers", type=int, default=30_000)
    parser.add_argument("--only", default=",".join(VARIANTS), help="names of variants, comma separated")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    splits = _papers(options.papers)
    rows = []
    for name, changes in VARIANTS.items():
        if name in options.only:
            rows.append({"variant": name, **_scores(splits, changes)})
            print(json.dumps(rows[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


def _papers(limit: int) -> Splits:
    dataset = container_of(load_settings({"dataset": str(DATA)})).dataset()
    refuse = BadRecords(print, strict=True)
    sample = read_splits(dataset, SplitPolicy("source"), limit_samples=limit, seed=0, on_bad_record=refuse)
    return Splits(sample.train, sample.validation, [])


def _scores(splits: Splits, changes: Mapping[str, object]) -> dict[str, float]:
    taxonomy = load_taxonomy()
    family = container_of(load_settings({})).family("baseline")
    classifier = family.trainable(taxonomy, {"weights": "float32", "batch_size": 1024, **changes})
    targets = targets_of(splits.validation, taxonomy)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as workspace:
        session = FitSession(0, Path(workspace), lambda batch: validation_score(targets, batch))
        classifier.fit(splits.train, splits.validation, session)
    seconds = time.perf_counter() - started
    abstracts = [paper.abstract for paper in splits.validation]
    raw = probabilities_of(classifier, [*abstracts, *(abstract.without_title() for abstract in abstracts)])
    truth = np.concatenate((targets, targets))
    _, calibrated = choose_calibration(truth, raw, np.tile(np.arange(len(abstracts)), 2))
    threshold = tune_global_threshold(truth, calibrated)
    found: dict[str, float] = {"seconds": round(seconds)}
    for suffix, part in (("", slice(0, len(targets))), ("_without_titles", slice(len(targets), None))):
        metrics = multilabel_metrics(truth[part], calibrated[part], [threshold] * len(taxonomy))
        found[f"micro_f1{suffix}"] = round(metrics["micro_f1"], 4)
        found[f"mAP{suffix}"] = round(metrics["average_precision_macro"], 4)
    return found


if __name__ == "__main__":
    main()
