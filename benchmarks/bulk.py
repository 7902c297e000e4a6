"""Whole commands on many papers: read a file, predict, write a file; beside scikit-learn and fastText, in one run.

    uv run --group bench python -m benchmarks.bulk [--papers 410856] [--train 20000] [--rounds 3] [--json FILE]

Reads the folder arxiv of ARXIV_CLASSIFIER_DATA. Every program reads the same parquet file of id, title and abstract,
and writes one of ids with labels and probabilities. Programs take turns. Rows hold medians of wall and processor
time (user and system, of all processes), and the highest resident memory of a process. scikit-learn's pipeline (unigram
TF-IDF and LinearSVC) shares the papers between both cores with joblib. fastText predicts on one core.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import joblib
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from benchmarks import peers
from benchmarks.commands import Usage, usage_of
from benchmarks.real_papers import DATA
from benchmarks.speed import Row, training_papers

OURS = [sys.executable, "-m", "entrypoints", "predict"]
_READ_AND_WRITE = """
import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
model, source, target = sys.argv[1:]
table = pq.read_table(source)
texts = [f"{title}\\n{text}" for title, text in zip(table["title"].to_pylist(), table["abstract"].to_pylist())]

def write(scores, cut):
    rows = [[{"label": str(c), "probability": float(row[c])} for c in np.flatnonzero(row > cut)] for row in scores]
    pq.write_table(pa.table({"id": table["id"], "predictions": rows}), target)

"""
SCIKIT_LEARN = (
    _READ_AND_WRITE
    + """
import joblib
pipeline = joblib.load(model)
chunks = [texts[start:start + 10_000] for start in range(0, len(texts), 10_000)]
found = joblib.Parallel(n_jobs=2)(joblib.delayed(pipeline.decision_function)(chunk) for chunk in chunks)
write(np.concatenate(found), -0.3)
"""
)
FASTTEXT = (
    _READ_AND_WRITE
    + """
import re, fasttext
from benchmarks.peers import plain
found = fasttext.load_model(model)
scores = np.zeros((len(texts), 50), np.float32)
for row, text in zip(scores, texts):
    for probability, label in found.f.predict(f"{plain(text)}\\n", 50, 0.3, "strict"):
        row[int(label.removeprefix("__label__"))] = probability
write(scores, 0.3)
"""
)


def main() -> None:
    """Measures every program, and prints a row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=int, default=410_856, help="papers to predict; repeated if there are fewer")
    parser.add_argument("--train", type=int, default=20_000, help="papers that peers are trained on")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default="sklearn,fasttext")
    parser.add_argument("--json", type=Path, help="also write the rows here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = measured(commands(folder, options), options.papers, options.rounds)
    for row in rows:
        print("  ".join(f"{key}={value}" for key, value in row.items()), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


def commands(folder: Path, options: argparse.Namespace) -> dict[str, list[str]]:
    """The programs by name, with their inputs and models made in the folder."""
    source = papers_file(folder, options.papers)
    target = str(folder / "out.parquet")
    found = {
        "arxiv-classifier, 1 worker": [*OURS, str(source), "-o", target, "--workers", "1"],
        "arxiv-classifier, 2 workers": [*OURS, str(source), "-o", target, "--workers", "2"],
        "arxiv-classifier, CSV, 1 worker": [*OURS, str(source.with_suffix(".csv")), "-o", target, "--workers", "1"],
        "arxiv-classifier, JSONL, 1 worker": [*OURS, str(source.with_suffix(".jsonl")), "-o", target, "--workers", "1"],
    }
    wanted = options.peers.split(",")
    if "sklearn" in wanted:
        model = folder / "sklearn.joblib"
        joblib.dump(peers.scikit_learn(*training_papers(options.train), bigrams=False).pipeline, model)  # type: ignore[attr-defined]  # set by the peer
        found["scikit-learn unigrams, 2 jobs"] = [sys.executable, "-c", SCIKIT_LEARN, str(model), str(source), target]
    if "fasttext" in wanted:
        model = folder / "fasttext.bin"
        peers.fast_text(*training_papers(options.train)).model.save_model(str(model))  # type: ignore[attr-defined]  # set by the peer
        found["fastText, 1 core"] = [sys.executable, "-c", FASTTEXT, str(model), str(source), target]
    return found


def papers_file(folder: Path, count: int) -> Path:
    """A parquet file of that many papers, with the same papers beside it as CSV and JSON Lines."""
    table = pq.read_table(DATA / "train.parquet", columns=["id", "title", "abstract"])
    while table.num_rows < count:
        table = pa.concat_tables([table, table])
    table = table.slice(0, count)
    path = folder / "papers.parquet"
    pq.write_table(table, path, row_group_size=50_000)
    pa_csv.write_csv(table, path.with_suffix(".csv"))
    with path.with_suffix(".jsonl").open("w", encoding="utf-8") as file:
        for batch in table.to_batches(10_000):
            file.writelines(json.dumps(row) + "\n" for row in batch.to_pylist())
    return path


def measured(programs: dict[str, list[str]], papers: int, rounds: int) -> list[Row]:
    """One row for each program."""
    found: dict[str, list[Usage]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, command in programs.items():
            found[name].append(usage_of(command))
    return [
        {
            "program": name,
            "papers": papers,
            "wall_s": round(wall := statistics.median(each.wall for each in runs), 2),
            "processor_s": round(processor := statistics.median(each.processor for each in runs), 2),
            "papers_per_wall_s": round(papers / wall),
            "papers_per_processor_s": round(papers / processor),
            "memory_mb": max(each.memory for each in runs),
        }
        for name, runs in found.items()
    ]


if __name__ == "__main__":
    main()
