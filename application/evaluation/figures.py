"""Figures of an evaluation."""

from collections.abc import Callable, Sequence
from math import isnan

from application.evaluation.archive_calibration import ALL
from application.evaluation.confusions import Square
from application.evaluation.findings import Findings, ModelFindings
from application.evaluation.measuring import PartScore
from application.evaluation.parts import MONTH, YEAR
from application.metrics.intervals import Estimate
from application.metrics.probability_curves import OperatingPoint, ReliabilityBin
from domain.figures import Axis, Bar, Bars, Figure, HeatMap, Plot, Series

# Parts of fewer papers are left out of plots by time.
_FEWEST = 20
# A figure of more bars is cut into several.
_MOST_BARS = 26
_SHARE = Axis("", 0, 1)


def precision_recall(findings: Findings) -> Plot:
    """Returns precision against recall at the thresholds from .01 to .99, for each model."""
    series = [
        Series(
            found.model.name,
            tuple((point.recall, point.precision) for point in found.curve),
            notes=tuple(_point(point) for point in found.curve),
        )
        for found in findings.models
    ]
    note = "Each point is one threshold for all categories, from .01 to .99. Up and to the right is better."
    return Plot("Precision and recall", Axis("micro recall", 0, 1), Axis("micro precision", 0, 1), tuple(series), note)


def thresholds(found: ModelFindings) -> Plot:
    """Returns micro precision, recall and F1 of one model by threshold."""
    values: dict[str, Callable[[OperatingPoint], float]] = {
        "precision": lambda point: point.precision,
        "recall": lambda point: point.recall,
        "F1": _f1,
    }
    series = tuple(
        Series(name, tuple((point.threshold, value(point)) for point in found.curve)) for name, value in values.items()
    )
    best = max(found.curve, key=_f1, default=None)
    note = (
        f"Of one threshold for all categories, {best.threshold:.2f} has the highest F1, {_f1(best):.4f}."
        if best
        else ""
    )
    return Plot("Thresholds and their trade-off", Axis("threshold", 0, 1), Axis("micro average", 0, 1), series, note)


def reliability(found: ModelFindings) -> Plot:
    """Returns the share of positives by probability, before and after calibration."""
    sides = (("before calibration", found.before), ("after calibration", found.after))
    series = tuple(
        Series(
            name,
            tuple((each.probability, each.positives) for each in bins),
            notes=tuple(_bin(name, each) for each in bins),
        )
        for name, bins in sides
    )
    note = (
        f"Pairs of paper and category in 15 bins of probability, of {len(found.model.raw_rows):,} papers. "
        "On the dashed line, probabilities are the observed shares."
    )
    return Plot("Reliability", Axis("probability", 0, 1), Axis("share of positives", 0, 1), series, note, diagonal=True)


def archive_errors(found: ModelFindings) -> Bars | None:
    """Returns the calibration error by predicted archive, beside that of right probabilities. None if no archive is."""
    rows = [(row, row.chance) for row in found.calibration if row.chance is not None and row.archive != ALL]
    if not rows:
        return None
    bars = tuple(
        Bar(
            row.archive,
            (row.error.value, chance.value),
            (_bounds(row.error), _bounds(chance)),
            f"{row.papers:,}",
        )
        for row, chance in rows[:_MOST_BARS]
    )
    series = (found.model.name, "right probabilities, by chance")
    return Bars("Calibration error by predicted archive", Axis("ECE of likely pairs", 0), series, bars, _ERROR_NOTE)


_ERROR_NOTE = (
    "Behind each archive stands its number of papers. Black lines are 95 % intervals, and for right probabilities the "
    "range of 95 % of draws."
)


def category_f1(findings: Findings) -> tuple[Bars, ...]:
    """Returns the F1 of each category with its number of papers, the most frequent first, in figures of 26."""
    names = list(dict.fromkeys(str(c) for found in findings.models for c in found.model.taxonomy))
    rows = [
        {
            str(row.category): (row, f1)
            for row, f1 in zip(each.measured.categories, each.measured.category_f1, strict=True)
        }
        for each in findings.models
    ]
    support = {name: max(row[name][0].support for row in rows if name in row) for name in names}
    ordered = sorted((name for name in names if support[name]), key=lambda name: -support[name])
    bars = [
        Bar(
            name,
            tuple(row[name][0].f1 if name in row else None for row in rows),
            tuple((row[name][1].low, row[name][1].high) if name in row else (0.0, 0.0) for row in rows),
            f"{support[name]:,.0f}",
        )
        for name in ordered
    ]
    models = tuple(found.model.name for found in findings.models)
    return tuple(
        Bars(
            _numbered("F1 by category", start, bars), Axis("F1 at the thresholds", 0, 1), models, tuple(chunk), _F1_NOTE
        )
        for start in range(0, len(bars), _MOST_BARS)
        for chunk in [bars[start : start + _MOST_BARS]]
    )


_F1_NOTE = "Behind each category stands its number of papers. Black lines are 95 % intervals."


def by_part(findings: Findings, by: str, title: str) -> Figure | None:
    """Returns micro F1 by part of the papers: a plot by time, bars by anything else. None if there is one part."""
    parts = [[part for part in found.measured.parts if part.by == by] for found in findings.models]
    names = _times(parts) if by in (MONTH, YEAR) else _names(parts)
    if len(names) < 2:
        return None
    models = tuple(found.model.name for found in findings.models)
    known = [{part.name: part for part in each} for each in parts]
    if by in (MONTH, YEAR):
        series = tuple(_over_time(model, each, names) for model, each in zip(models, known, strict=True))
        return Plot(title, Axis(by, names=names), Axis("micro F1"), series, _TIME_NOTE.format(by=by))
    bars = tuple(_part_bar(name, known) for name in names[:_MOST_BARS])
    return Bars(title, Axis("micro F1", 0, 1), models, bars, _F1_NOTE.replace("category", "part"))


def accuracy_and_cost(findings: Findings) -> Plot:
    """Returns micro F1 of every model against its time per paper. The areas of points stand for memory."""
    costs = [found.model.memory or found.model.size for found in findings.models]
    measured = all(found.model.memory for found in findings.models)
    series = tuple(
        Series(
            f"{found.model.name}, {cost / 1e6:,.0f} MB",
            ((1000 * found.model.seconds / max(findings.papers, 1), found.measured.metrics["micro_f1"].value),),
            intervals=(_bounds(found.measured.metrics["micro_f1"]),),
            sizes=(cost / max(max(costs), 1),),
            joined=False,
        )
        for found, cost in zip(findings.models, costs, strict=True)
    )
    what = "the memory that the process grew by for the model" if measured else "the size of the model's files"
    note = f"The area of a point is {what}. Up and to the left is better. Lines are 95 % intervals."
    axis = Axis("milliseconds per paper", logarithmic=True)
    return Plot("Accuracy, time and memory", axis, Axis("micro F1"), series, note)


def heat_map(title: str, square: Square, labels: tuple[str, str], note: str, *, percent: bool) -> HeatMap:
    """Returns a square of categories as a heat map, as percentages if its values are shares."""
    names = tuple(map(str, square.categories))
    factor = 100 if percent else 1
    values = tuple(
        tuple(None if isnan(value) else round(factor * value) for value in row) for row in square.values.tolist()
    )
    return HeatMap(title, names, names, values, *labels, note)


def _f1(point: OperatingPoint) -> float:
    total = point.precision + point.recall
    return 2 * point.precision * point.recall / total if total else 0.0


def _point(point: OperatingPoint) -> str:
    return f"threshold {point.threshold:.2f}: precision {point.precision:.4f}, recall {point.recall:.4f}"


def _bin(name: str, each: ReliabilityBin) -> str:
    return f"{name}: {each.positives:.3f} of {each.pairs:,.0f} pairs at probability {each.probability:.3f}"


def _bounds(estimate: Estimate) -> tuple[float, float]:
    return estimate.low, estimate.high


def _numbered(title: str, start: int, bars: Sequence[Bar]) -> str:
    parts = -(-len(bars) // _MOST_BARS)
    return f"{title}, part {start // _MOST_BARS + 1} of {parts}" if parts > 1 else title


def _names(parts: Sequence[Sequence[PartScore]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.name for each in parts for part in each))


def _times(parts: Sequence[Sequence[PartScore]]) -> tuple[str, ...]:
    return tuple(sorted({part.name for each in parts for part in each if part.papers >= _FEWEST}))


_TIME_NOTE = f"Bands are 95 % intervals. Each {{by}} has at least {_FEWEST} papers."


def _over_time(model: str, parts: dict[str, PartScore], names: Sequence[str]) -> Series:
    shown = [(place, parts[name]) for place, name in enumerate(names) if name in parts]
    return Series(
        model,
        tuple((float(place), part.metrics["micro_f1"].value) for place, part in shown),
        tuple(_bounds(part.metrics["micro_f1"]) for _, part in shown),
        tuple(
            f"{model}, {part.name}: {part.metrics['micro_f1'].value:.4f}, {part.papers:,} papers" for _, part in shown
        ),
    )


def _part_bar(name: str, known: Sequence[dict[str, PartScore]]) -> Bar:
    found = [parts.get(name) for parts in known]
    papers = max(part.papers for part in found if part)
    values = tuple(part.metrics["micro_f1"].value if part else None for part in found)
    return Bar(
        name, values, tuple(_bounds(part.metrics["micro_f1"]) if part else (0.0, 0.0) for part in found), f"{papers:,}"
    )
