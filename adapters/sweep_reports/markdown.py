"""Writes a sweep's report as a folder with report.md, its plots, and trials.csv."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from typing_extensions import override

from adapters.sweep_reports.importance import FEWEST, importances, reached
from adapters.sweep_reports.plots import plot_epochs, plot_history, plot_importances, plot_parallel
from domain.errors import ArxivClassifierError
from domain.ports.sweep_report import SweepFacts, SweepReport
from domain.sweep import TrialRecord, TrialState, best_of

_COLUMNS = ("trial", "state", "score", "best_epoch_score", "epochs_run", "started", "seconds", "reason")


class MarkdownReport(SweepReport):
    """A report in Markdown, PNG and CSV."""

    @override
    def write(self, folder: Path, facts: SweepFacts) -> Path:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            plots = dict(_plots(folder, facts))
            _write_csv(folder / "trials.csv", facts)
            (folder / "report.md").write_text("\n".join(_lines(facts, plots)) + "\n", "utf-8")
        except OSError as error:
            raise ArxivClassifierError(
                f"The report cannot be written to {folder}: {error.strerror or error}. Then say --report-only."
            ) from error
        return folder / "report.md"


def _plots(folder: Path, facts: SweepFacts) -> Iterator[tuple[str, str]]:
    """Writes the plots for which there is enough data, and yields their titles with file names."""
    definition, records = facts.definition, facts.records
    metric = definition.metric
    if not any(reached(each, metric) is not None for each in records):
        return
    plot_history(folder / "history.png", records, metric)
    yield "Optimisation history", "history.png"
    shares = importances(records, definition.parameters, metric)
    if shares:
        plot_importances(folder / "importance.png", shares)
        yield "Parameter importance", "importance.png"
    plot_parallel(folder / "parallel.png", records, definition.parameters, metric)
    yield "Parallel coordinates", "parallel.png"
    plot_epochs(folder / "epochs.png", records, metric, best_of(records, metric))
    yield "Epochs", "epochs.png"


def _lines(facts: SweepFacts, plots: dict[str, str]) -> Iterator[str]:
    definition, records = facts.definition, facts.records
    yield f"# Sweep {definition.name}"
    if definition.description:
        yield f"\n{definition.description}"
    counted = {state: sum(each.state == state for each in records) for state in TrialState}
    counts = ", ".join(f"{count} {state}" for state, count in counted.items() if count)
    facts_ = {
        "trials": counts or "none",
        "method": str(definition.method),
        "metric": f"{definition.metric.name}, {definition.metric.goal}",
        **facts.context,
    }
    yield "\n| | |\n|---|---|"
    yield from (f"| {name} | {value} |" for name, value in facts_.items())
    yield from _best_lines(facts)
    for title, name in plots.items():
        yield f"\n## {title}\n\n![{title}]({name})"
    if "Parameter importance" not in plots:
        yield f"\nOf fewer than {FEWEST} different trials, nothing is said of which parameters matter."
    yield "\n## Trials\n"
    yield from _table(_header(facts), [_row(each, facts) for each in _best_first(facts)])


def _best_lines(facts: SweepFacts) -> Iterator[str]:
    best = best_of(facts.records, facts.definition.metric)
    if best is None:
        yield "\nNo trial was completed."
        return
    first = next((each for each in facts.records if each.number == 0 and each.score is not None), None)
    than = f" Trial 0, from which the sweep started, has {first.score:.4f}." if first and first != best else ""
    yield f"\n## Best\n\nTrial {best.number} with {facts.definition.metric.name} {best.score:.4f}.{than}\n"
    rows = [[name, _text(value)] for name, value in best.parameters.items()]
    if first and first != best:
        rows = [[*row, _text(first.parameters.get(row[0]))] for row in rows]
        yield from _table(["parameter", f"trial {best.number}", "trial 0"], rows)
    else:
        yield from _table(["parameter", f"trial {best.number}"], rows)


def _best_first(facts: SweepFacts) -> list[TrialRecord]:
    metric = facts.definition.metric
    sign = -1 if metric.goal == "maximize" else 1

    def place(record: TrialRecord) -> tuple[int, float, int]:
        value = reached(record, metric)
        order = list(TrialState.__members__.values())
        complete = 0 if record.state == TrialState.COMPLETE else 1 + order.index(record.state)
        return complete, sign * value if value is not None else 0.0, record.number

    return sorted(facts.records, key=place)


def _header(facts: SweepFacts) -> list[str]:
    return ["trial", "state", facts.definition.metric.name, "epochs run", "seconds", *facts.definition.parameters]


def _row(record: TrialRecord, facts: SweepFacts) -> list[str]:
    value = reached(record, facts.definition.metric)
    values = [_text(record.parameters.get(name)) for name in facts.definition.parameters]
    state = f"failed: {record.reason}" if record.reason else str(record.state)
    score = "" if value is None else f"{value:.4f}"
    seconds = "" if record.seconds is None else f"{record.seconds:.0f}"
    return [str(record.number), state, score, str(len(record.epochs)), seconds, *values]


def _write_csv(path: Path, facts: SweepFacts) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*_COLUMNS, *facts.definition.parameters])
        for each in facts.records:
            writer.writerow(
                [
                    each.number,
                    str(each.state),
                    each.score,
                    reached(each, facts.definition.metric),
                    len(each.epochs),
                    each.started,
                    each.seconds,
                    each.reason,
                    *(each.parameters.get(name) for name in facts.definition.parameters),
                ]
            )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
