"""Writes a shipped bundle's MODEL_CARD.md from its own manifest, so that no number is copied by hand.

uv run --group dev python -m scripts.model_card [BUNDLE]
"""

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
METRICS = {
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
    "samples_f1": "samples F1",
    "average_precision_macro": "macro mAP",
    "average_precision_micro": "micro mAP",
    "precision_at_1": "precision@1",
    "recall_at_5": "recall@5",
    "ndcg_at_5": "nDCG@5",
    "subset_accuracy": "subset accuracy",
    "hamming_loss": "Hamming loss",
    "ece": "ECE (classwise, 15 bins)",
    "ece_likely": "ECE of pairs with a probability of at least .05 (15 bins of equal mass)",
}
TEXT = """\
# Model card: {title}

{kind} {version}, made {created} with seed {seed}. {what} {megabytes:.1f} MB in all.

## What it is for

Probabilities of {categories} for the title and abstract of a paper, or the abstract alone.
They suggest categories to authors, sort or check submissions, and label collections.

## What it is not for

- Deciding alone on a submission. Of its predictions about three in ten are not among the authors' own categories.
- Categories outside those {count}. A paper of none of them gets low probabilities everywhere, and a best guess.
- Languages other than English, full texts, and anything that is not a scientific paper.
- Judging a paper's quality. It reads words, not arguments.
- `astro-ph` without a sub-category: arXiv retired it in 2008-12, so papers of today do not carry it.
- Papers of a population that is unlike all of arXiv: `models calibrate` fits the probabilities to papers of yours.

## Data

Titles, abstracts and categories of arXiv papers from public copies of arXiv's metadata (CC0):

| split | papers | months |
|---|---|---|
{splits}

SHA-256 of the data: `{fingerprint}`.

{learning} Threshold and calibration are fitted on the validation papers,
each read with and without its title; the test papers were used for the table below alone.
{policies}
Known biases of the data:

{biases}

## Results on the test papers

{thresholds}, no fallback. Macro averages are over the categories with at least one positive.

| metric | with titles | abstracts alone |
|---|---|---|
{metrics}

## How to make it again

```sh
{command}
```

with DATA a folder of `train.parquet`, `validation.parquet` and `test.parquet`. {again}

Licence: {licence} arXiv's metadata are dedicated to the public domain (CC0).
"""
NATURAL = """\
- Validation and test are a natural sample of what arXiv received from 2025-08 to 2025-12, so probabilities hold for all
  of arXiv of that time. 13 % of their papers fill fields that public copies of those months leave out (stat.ML,
  math.DS, cond-mat.soft, physics.flu-dyn, hep-ex, nucl-th and categories outside `configs/categories.json`): the shares
  are right within a third.
- Training papers are no natural sample: of those before 2020, papers whose categories are all large ones (hep-ph,
  hep-th, gr-qc, quant-ph, astro-ph and others) are missing, and computer science is over-represented.
- Twins that a source had left out (math-ph/math.MP, cs.IT/math.IT, cs.NA/math.NA, cs.SY/eess.SY, math.ST/stat.TH) were
  added.
- About 1.7 % of the abstracts lack their closing punctuation; some may be cut."""
BY_MONTH = """\
- Papers from before 2020 come from archives of the smaller categories: those whose categories are all large ones
  (hep-ph, hep-th, gr-qc, quant-ph, cs.LG, math.AP and others) are missing, so old papers have several categories more
  often.
- Whole fields are missing in the months of validation and test: hardly a paper has math.AP, math.DG, physics.optics or
  stat.ML first. Probabilities of these categories are too low for what arXiv receives.
- Twins that a source had left out were added.
- About 1.7 % of the abstracts lack their closing punctuation; some may be cut."""
# What differs from kind to kind; {names} are options of the model.
KINDS = {
    "baseline": {
        "title": "arXiv category baseline{scope}",
        "what": (
            "TF-IDF of {unigrams:,} terms and {bigrams:,} pairs of terms, one hidden layer of {hidden[0]} units beside "
            "a linear part, weights in int8,"
        ),
        "learning": "Training reads three papers in ten without their title.",
        "command": "arxiv-classifier train --config configs/{configuration} --dataset DATA",
        "again": (
            "On one CPU the same seed and data give the same model to within rounding. `arxiv-classifier models export "
            "--format keras --output model.keras` makes the Keras form."
        ),
        "licence": "MIT, as the program.",
    },
    "minilm": {
        "title": "arXiv category MiniLM",
        "what": (
            "all-MiniLM-L6-v2, six blocks of width 384, fine-tuned on 80,000 and then on {papers_per_epoch:,} of the "
            "training papers, the likelier drawn the more recent; the embeddings and the lowest {frozen_layers} "
            "blocks as they were. It reads the first {max_length} tokens of title and abstract and, of a longer one, "
            "the title with the last tokens too. Weights in int8, run by ONNX Runtime;"
        ),
        "learning": "Training reads three papers in ten without their title.",
        "command": (
            "arxiv-classifier train --config configs/shipped_minilm.yaml --dataset DATA\n"
            "arxiv-classifier train --config configs/shipped_minilm_further.yaml --checkpoint MODEL --dataset DATA"
        ),
        "again": (
            "MODEL is the folder of the model that the first command makes, whose checkpoint is fetched from the hub, "
            "or named with `--checkpoint FOLDER`. Precision and order of sums differ between processors, and with them "
            "the last digits."
        ),
        "licence": (
            "the fine-tuned weights derive from sentence-transformers/all-MiniLM-L6-v2 and are distributed under its "
            "licence, Apache-2.0 (https://www.apache.org/licenses/LICENSE-2.0); changed were all weights but the "
            "embeddings' and lowest blocks', the head was added, and all were rounded to int8. The program is MIT."
        ),
    },
    "ensemble": {
        "title": "arXiv category ensemble",
        "what": "The weighted mean of the logits of other bundles, which it names: {weights}.",
        "learning": (
            "Its members learnt from other papers than these. The weights are fitted on a sample of those validation "
            "papers of the default model that MiniLM did not learn from; the figures are of such a sample of its test "
            "papers."
        ),
        "command": (
            "arxiv-classifier ensemble baseline minilm --dataset DATA --split-by source --limit-samples 2000 \\\n"
            "    --calibrated-on-these"
        ),
        "again": "It works where its members are in the same folder of models, or shipped with the program.",
        "licence": "MIT, as the program; that of its members is in their cards.",
    },
}


def main() -> None:
    """Reads the manifest of a bundle and writes the card beside it."""
    bundle = Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "artifacts" / "baseline"
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    threshold = json.loads((bundle / "thresholds.json").read_text("utf-8"))
    kept = bundle / "policies.json"
    policies = list(json.loads(kept.read_text("utf-8"))) if kept.exists() else []
    (bundle / "MODEL_CARD.md").write_text(_card(manifest, threshold, policies), "utf-8")


def _policies(fitted: dict[str, Any] | None, names: list[str]) -> str:
    if not fitted or not names:
        return ""
    return (
        f"The policies {', '.join(names)} and the scores for a coverage are fitted on {fitted['papers']:,} of the "
        "validation papers, read with their titles, by calibrations that left the paper out.\n"
    )


def _card(manifest: dict[str, Any], threshold: dict[str, Any], policies: list[str]) -> str:
    data, config = manifest["data"], manifest["config"]
    titled, untitled = manifest["metrics"]["test"], manifest["metrics"]["test_without_titles"]
    named = [(split, data[split]) for split in ("train", "validation", "test")]
    weights = ", ".join(f"{name} {weight:.3f}" for name, weight in config.get("weights", {}).items())
    everything = config.get("categories") == "current"
    configuration = "shipped_arxiv.yaml" if everything else "shipped.yaml"
    options = {**config.get("model", {}), "weights": weights, "configuration": configuration}
    options["scope"] = ", all categories" if everything else ""
    count = len(manifest["taxonomy"]["categories"])
    current = f"the {count} categories in which arXiv files papers today"
    said = {name: text.format(**options) for name, text in KINDS[manifest["kind"]].items()}
    thresholds = f"Common threshold {threshold['default']:.4f}"
    if threshold.get("by_category"):
        cuts = threshold["by_category"].values()
        thresholds += f", those of categories from {min(cuts):.3f} to {max(cuts):.3f}"
    text = TEXT.format(
        **said,
        biases=NATURAL if data["validation"]["first_month"] < "2026" else BY_MONTH,
        thresholds=thresholds,
        policies=_policies(data.get("policies"), policies),
        count=count,
        categories=current if everything else f"the {count} categories in `configs/categories.json`",
        **{name: manifest[name] for name in ("kind", "version", "created", "seed")},
        megabytes=sum(file["size"] for file in manifest["files"].values()) / 1e6,
        splits="\n".join(f"| {n} | {s['papers']:,} | {s['first_month']} to {s['last_month']} |" for n, s in named),
        fingerprint=data["fingerprint"],
        metrics="\n".join(
            f"| {name} | {titled[key]:.4f} | {untitled[key]:.4f} |" for key, name in METRICS.items() if key in titled
        ),
    )
    return "\n".join(_wrapped(line) for line in text.split("\n"))


def _wrapped(line: str) -> str:
    return (
        line
        if line.startswith(("|", "-", "  ", "#"))
        else textwrap.fill(line, 120, break_long_words=False, break_on_hyphens=False)
    )


if __name__ == "__main__":
    main()
