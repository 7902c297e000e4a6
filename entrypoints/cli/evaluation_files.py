"""Writes the result of an evaluation as JSON and CSV."""

import contextlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import InvalidInputError
from entrypoints.cli.output_folder import refuse_loss
from entrypoints.cli.text_files import csv_text, write_text

if TYPE_CHECKING:
    from application.evaluate import EvaluationReport
    from application.evaluation.findings import Findings
    from application.open_model import LoadedModel


@contextlib.contextmanager
def ready_folder(folder: Path) -> Iterator[None]:
    """Makes the folder before the evaluation, which takes minutes, and removes it if it stays empty."""
    existed = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInputError(f"The folder {folder} cannot be made: {error.strerror}. Name another.") from error
    try:
        yield
    finally:
        if not existed:
            with contextlib.suppress(OSError):
                folder.rmdir()


FILES = ("evaluation.json", "models.csv", "categories.csv")
REPORT_FILES = (
    "index.html",
    "report.json",
    "intervals.csv",
    "parts.csv",
    "archives.csv",
    "calibration.csv",
    "policies.csv",
    "differences.csv",
    "disagreements.csv",
)


def write_evaluation(
    folder: Path, source: str, reports: "list[tuple[LoadedModel, EvaluationReport]]", *, policy: str | None = None
) -> None:
    """Writes evaluation.json with everything, models.csv with a row per model, categories.csv with one per category.

    `policy` names the policy whose thresholds hold, if it is not the model's own ones.
    Raises InvalidInputError before writing if the papers or a file of the user would be replaced.
    """
    refuse_loss(source, folder, FILES, FILES[0])
    entries = [{"model": model.stored.name, **report.to_json()} for model, report in reports]
    about = {"source": source} if policy is None else {"source": source, "policy": policy}
    content = json.dumps({**about, "evaluations": _without_nan(entries)}, indent=2, allow_nan=False)
    write_text(folder / "evaluation.json", content + "\n")
    write_text(folder / "models.csv", _csv([_model_row(model, report) for model, report in reports]))
    write_text(
        folder / "categories.csv",
        _csv([{**_key(model, report), **row} for model, report in reports for row in report.category_rows()]),
    )


def write_findings(folder: Path, findings: "Findings") -> list[str]:
    """Writes report.json with everything, and a CSV file for each table with rows. Returns the names of the files."""
    from application.evaluation import rows

    content = json.dumps(_without_nan(rows.to_json(findings)), indent=2, allow_nan=False)
    write_text(folder / "report.json", content + "\n")
    tables = {
        "intervals.csv": rows.metric_rows(findings),
        "parts.csv": rows.part_rows(findings),
        "archives.csv": rows.archive_rows(findings),
        "calibration.csv": rows.calibration_rows(findings),
        "policies.csv": rows.policy_rows(findings),
        "differences.csv": rows.difference_rows(findings),
        "disagreements.csv": rows.disagreement_rows(findings),
    }
    written = ["report.json"]
    for name, found in tables.items():
        (folder / name).unlink(missing_ok=True)
        if listed := list(found):
            write_text(folder / name, _csv(listed))
            written.append(name)
    return written


def _key(model: "LoadedModel", report: "EvaluationReport") -> dict[str, object]:
    return {"model": model.stored.name, "titles": "with" if report.with_titles else "without"}


def _model_row(model: "LoadedModel", report: "EvaluationReport") -> dict[str, object]:
    facts = {
        "papers": report.papers,
        "threshold": report.thresholds.default,
        "abstracts_per_second": report.abstracts_per_second,
    }
    return {**_key(model, report), **facts, **report.metrics}


def _csv(rows: list[dict[str, object]]) -> str:
    names = list(rows[0])
    return csv_text(names, ([_cell(row.get(name, "")) for name in names] for row in rows))


def _cell(value: object) -> object:
    return "" if isinstance(value, float) and math.isnan(value) else value


def _without_nan(value: object) -> object:
    """Replaces NaN, the average precision of a category without papers, by null, because JSON has no NaN."""
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value
