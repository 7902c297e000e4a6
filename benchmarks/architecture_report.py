"""Puts what benchmarks.architectures measured into the documentation: table, plots, and how they were made.

    uv run --group bench python -m benchmarks.architecture_report [runs/architectures/results.json]

It rewrites the part of docs/benchmarks.md between the comments `architectures` and `end of architectures`, and
docs/images/architectures.svg.
"""

import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
PICTURE = ROOT / "docs" / "images" / "architectures.svg"
BEGIN, END = "<!-- architectures -->", "<!-- end of architectures -->"
ACCURACY = {
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
    "average_precision_macro": "macro mAP",
    "precision_at_1": "P@1",
    "recall_at_5": "R@5",
    "ece_likely": "ECE",
}
# What is installed for each program; the others are this project.
DISTRIBUTIONS = {
    "LinearSVC": ["scikit-learn"],
    "logistic regression": ["scikit-learn"],
    "fastText": ["fasttext-wheel"],
    "omikuji": ["omikuji", "scikit-learn"],
    "Annif": ["annif", "omikuji"],
    "sentence-transformers": ["sentence-transformers", "scikit-learn"],
}

Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    """Rewrites the page and its picture."""
    given = [*(sys.argv[1:] if arguments is None else arguments), "runs/architectures/results.json"][0]
    results = json.loads(Path(given).read_text("utf-8"))
    PAGE.write_text(in_page(PAGE.read_text("utf-8"), section(results)), "utf-8")
    plot(results["rows"], PICTURE)


def in_page(page: str, text: str) -> str:
    """Returns a page with a text between its two comments; raises ValueError if one is missing."""
    before, rest = page[: page.index(BEGIN)], page[page.index(BEGIN) :]
    return f"{before}{BEGIN}\n\n{text}\n{rest[rest.index(END) :]}"


def section(results: Mapping[str, Any]) -> str:
    """Returns how the results were made, their table, and a reference to the plots."""
    settings, rows = results["settings"], results["rows"]
    papers = f"{settings['papers']:,} training papers, and {settings['test']:,} each of validation and test"
    if left_out := settings.get("left_out"):
        papers += f" without the {left_out:,} that MiniLM learnt from"
    made = (
        f"Papers: `{Path(settings['data']).name}`, drawn with seed {settings['seed']}: {papers}. "
        f"Machine: {_each(rows, 'machine')}. Commit {_each(rows, 'commit', 7)}, {_each(rows, 'day')}."
    )
    picture = f"![Micro F1 against time and size](images/{PICTURE.name})"
    return f"{made}\n\n{table(rows)}\n{picture}\n"


def _each(rows: Sequence[Row], key: str, length: int | None = None) -> str:
    return ", ".join(dict.fromkeys(str(row[key])[:length] for row in rows if row.get(key)))


_COLUMNS: dict[str, tuple[str, Callable[[Any], str]]] = {
    **{key: (name, lambda value: f"{value:.4f}".lstrip("0")) for key, name in ACCURACY.items()},
    "train_processor_s": ("training", lambda value: f"{value:,.0f} s"),
    "train_mb": ("its memory", lambda value: f"{value:,.0f} MB"),
    "one_ms": ("one abstract", lambda value: f"{value:.2f} ms"),
    "papers_per_processor_s": ("papers per processor second", lambda value: f"{value:,.0f}"),
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
    """Draws micro F1 against milliseconds of one abstract, seconds of training and megabytes of the model, as SVG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    # Letters stay letters, and equal results make equal files.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "architectures", "font.size": 9}):
        figure = Figure(figsize=(11, 6.4), layout="constrained")
        axes = figure.subplots(1, len(_AXES), sharey=True)
        for axis, (key, label) in zip(axes, _AXES.items(), strict=True):
            _draw(axis, [row for row in rows if "micro_f1" in row and row.get(key)], key)
            axis.set(xscale="log", xlabel=label)
            axis.xaxis.set_minor_formatter(NullFormatter())
            axis.margins(0.25, 0.08)
            axis.grid(alpha=0.3)
        axes[0].set_ylabel("micro F1")
        figure.savefig(path, format="svg", metadata={"Date": None})


_NEAR, _HEIGHT = 5, 0.008  # of a name: as a ratio on the axis, and as micro F1
_AXES = {"one_ms": "one abstract (ms)", "train_processor_s": "training (s of a processor)", "artefact_mb": "model (MB)"}


def _draw(axis: Any, rows: Sequence[Row], key: str) -> None:
    """Draws a point for each row, this project's in blue, with its name towards the middle of the axis."""
    middle = math.sqrt(min(row[key] for row in rows) * max(row[key] for row in rows)) if rows else 0
    for row in rows:
        ours, place = row["program"] not in DISTRIBUTIONS, (row[key], row["micro_f1"])
        side, offset = ("right", -5) if row[key] > middle else ("left", 5)
        height = -12 if any(_is_crowded(row, other, key) for other in rows) else 4
        axis.scatter(*place, color="#0072b2" if ours else "#8a8a8a", zorder=3)
        axis.annotate(row["program"], place, xytext=(offset, height), textcoords="offset points", ha=side)


def _is_crowded(row: Row, other: Row, key: str) -> bool:
    """Returns whether another point lies a little higher and so near that the names would cover each other."""
    higher = (other["micro_f1"], other["program"]) > (row["micro_f1"], row["program"])
    near = max(row[key], other[key]) < _NEAR * min(row[key], other[key])
    return higher and near and other["micro_f1"] - row["micro_f1"] < _HEIGHT


if __name__ == "__main__":
    main()
