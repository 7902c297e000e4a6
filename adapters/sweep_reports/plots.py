"""Plots of a sweep: the scores over time, the importance of parameters, and the values behind each score."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.sweep_reports.importance import reached
from domain.sweep import Choice, Goal, Metric, Parameter, Range, TrialRecord, TrialState, best_of

_BEST, _PLAIN, _PALE = "#c2410c", "#1d4ed8", "#9ca3af"
_WIDTH = 8.0


def plot_history(path: Path, records: Sequence[TrialRecord], metric: Metric) -> None:
    """Draws each trial's score in order, and the best score so far."""
    figure, axes = _figure(4.2)
    complete = [(each.number, each.score) for each in records if each.score is not None]
    pruned = [
        (each.number, value)
        for each in records
        if each.state == TrialState.PRUNED and (value := reached(each, metric)) is not None
    ]
    axes.scatter(*_columns(complete), color=_PLAIN, s=36, zorder=3, label="complete")
    axes.scatter(
        *_columns(pruned), facecolors="none", edgecolors=_PALE, s=36, zorder=2, label="ended early (best epoch)"
    )
    choose = max if metric.goal == Goal.MAXIMIZE else min
    so_far = [
        (number, choose(value for _, value in complete[: place + 1])) for place, (number, _) in enumerate(complete)
    ]
    axes.step(*_columns(so_far), where="post", color=_BEST, linewidth=1.6, label="best so far")
    axes.set_xlabel("trial")
    axes.set_ylabel(metric.name)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.13), ncols=3, frameon=False)
    _write(figure, path)


def plot_epochs(path: Path, records: Sequence[TrialRecord], metric: Metric, best: TrialRecord | None) -> None:
    """Draws the metric by epoch, one line per trial, with the best one in front."""
    figure, axes = _figure(4.2)
    for record in records:
        epochs = sorted(record.epochs)
        style = {"color": _PALE, "linewidth": 1.0, "alpha": 0.8}
        if record == best:
            style = {"color": _BEST, "linewidth": 2.2, "zorder": 5, "label": f"trial {record.number}, the best"}
        axes.plot(epochs, [record.epochs[each] for each in epochs], marker="o", markersize=3, **style)
    axes.set_xlabel("epoch")
    axes.set_ylabel(metric.name)
    axes.xaxis.get_major_locator().set_params(integer=True)
    if best is not None:
        axes.legend(loc="lower right", frameon=False)
    _write(figure, path)


def plot_importances(path: Path, shares: Mapping[str, float]) -> None:
    """Draws a bar for each parameter's share of importance."""
    figure, axes = _figure(0.9 + 0.34 * len(shares))
    names, values = list(shares)[::-1], list(shares.values())[::-1]
    bars = axes.barh(names, values, color=_PLAIN, height=0.65)
    axes.bar_label(bars, labels=[f"{value:.2f}" for value in values], padding=4)
    axes.set_xlim(0, max(values) * 1.12)
    axes.set_xlabel("share of importance (PED-ANOVA)")
    axes.grid(axis="y", visible=False)
    _write(figure, path)


def plot_parallel(
    path: Path, records: Sequence[TrialRecord], parameters: Mapping[str, Parameter], metric: Metric
) -> None:
    """Draws a line per trial across an axis per parameter, coloured by score, with better ones in front."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scored = [(value, each) for each in records if (value := reached(each, metric)) is not None]
    scored.sort(key=lambda pair: pair[0], reverse=metric.goal == Goal.MINIMIZE)
    figure, axes = _figure(4.8, width=max(_WIDTH, 1.15 * len(parameters) + 1.6))
    colours = ScalarMappable(Normalize(scored[0][0], scored[-1][0]), colormaps["viridis_r"])
    if metric.goal == Goal.MINIMIZE:
        colours.set_cmap("viridis")
        colours.set_clim(scored[-1][0], scored[0][0])
    scales = {
        name: _Scale(each, [record.parameters.get(name) for _, record in scored]) for name, each in parameters.items()
    }
    best = best_of(records, metric)
    for value, record in scored:
        heights = [scales[name].height(record.parameters.get(name)) for name in scales]
        style: dict[str, Any] = {
            "color": colours.to_rgba(value),  # type: ignore[arg-type]  # its stub wants an array; a number gives one colour
            "alpha": 0.9 if record.state == TrialState.COMPLETE else 0.45,
        }
        if record == best:
            style = {"color": _BEST, "linewidth": 2.6, "zorder": 5, "label": f"trial {record.number}, the best"}
        axes.plot(range(len(heights)), heights, **{"linewidth": 1.5, **style})
    if best is not None:
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False)
    _draw_scales(axes, scales)
    figure.colorbar(colours, ax=axes, pad=0.02, label=metric.name)
    _write(figure, path)


class _Scale:
    """Maps a parameter's values to heights between 0 and 1, and labels some of them."""

    def __init__(self, parameter: Parameter, values: Sequence[object]) -> None:
        self._choices = list(map(str, parameter.values)) if isinstance(parameter, Choice) else []
        self._logarithmic = isinstance(parameter, Range) and parameter.logarithmic
        numbers = [float(str(value)) for value in values if value is not None] if not self._choices else [0.0, 1.0]
        low, high = (parameter.low, parameter.high) if isinstance(parameter, Range) else (min(numbers), max(numbers))
        self._low, self._high = self._scaled(low), self._scaled(high)

    def height(self, value: object) -> float:
        """Returns the height of a value, or the middle if it is missing."""
        if value is None:
            return 0.5
        if self._choices:
            return (self._choices.index(str(value)) + 0.5) / len(self._choices)
        return (self._scaled(float(str(value))) - self._low) / ((self._high - self._low) or 1.0)

    def labels(self) -> list[tuple[float, str]]:
        """Returns heights with their labels."""
        if self._choices:
            return [(self.height(choice), choice) for choice in self._choices]
        places = (0.0, 0.5, 1.0)
        return [(place, self._text(self._low + place * (self._high - self._low))) for place in places]

    def _scaled(self, number: float) -> float:
        from math import log

        return log(number) if self._logarithmic else number

    def _text(self, scaled: float) -> str:
        from math import exp

        number = exp(scaled) if self._logarithmic else scaled
        return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def _draw_scales(axes: Any, scales: Mapping[str, _Scale]) -> None:
    for place, scale in enumerate(scales.values()):
        axes.axvline(place, color="#374151", linewidth=0.9, zorder=1)
        for height, label in scale.labels():
            box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
            axes.text(place + 0.05, height, label, fontsize=8, va="center", zorder=6, bbox=box)
    axes.set_xticks(range(len(scales)), list(scales), rotation=30, ha="right")
    axes.set_yticks([])
    axes.set_xlim(-0.15, len(scales) - 0.35)
    axes.set_ylim(-0.04, 1.04)
    axes.grid(visible=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _figure(height: float, *, width: float = _WIDTH) -> tuple[Any, Any]:
    # The object interface, because pyplot may choose a backend with windows and keeps every figure.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.grid(color="#e5e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _write(figure: Any, path: Path) -> None:
    figure.savefig(path, dpi=150)
