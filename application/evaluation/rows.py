"""Findings as rows of tables, for CSV files and JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from application.evaluation.comparison import Difference
from application.evaluation.findings import Findings, ModelComparison, ModelFindings
from application.metrics.intervals import Estimate

Row = dict[str, object]
_CHANCE = ("by_chance", "by_chance_low", "by_chance_high")


def metric_rows(findings: Findings) -> Iterator[Row]:
    """Yields each model's metrics with their intervals, with and without titles if both were measured."""
    for found in findings.models:
        variants = [(findings.with_titles, found.measured)]
        if found.without_titles is not None:
            variants.append((False, found.without_titles))
        for with_titles, measured in variants:
            for name, estimate in measured.metrics.items():
                titles = "with" if with_titles else "without"
                yield {"model": found.model.name, "titles": titles, "metric": name, **asdict(estimate)}
        if found.hierarchy is not None:
            for name, value in found.hierarchy.metrics.items():
                titles = "with" if findings.with_titles else "without"
                yield {
                    "model": found.model.name,
                    "titles": titles,
                    "metric": name,
                    "value": value,
                    "low": "",
                    "high": "",
                }


def part_rows(findings: Findings) -> Iterator[Row]:
    """Yields the metrics of each part of the papers."""
    for found in findings.models:
        for part in found.measured.parts:
            yield {
                "model": found.model.name,
                "by": part.by,
                "part": part.name,
                "papers": part.papers,
                **_flat(part.metrics),
            }


def category_rows(findings: Findings) -> Iterator[Row]:
    """Yields each category's metrics, with the interval of F1."""
    for found in findings.models:
        for row, f1 in zip(found.measured.categories, found.measured.category_f1, strict=True):
            numbers = {name: value for name, value in asdict(row).items() if name != "category"}
            yield {
                "model": found.model.name,
                "category": row.category.identifier,
                **numbers,
                "f1_low": f1.low,
                "f1_high": f1.high,
            }


def archive_rows(findings: Findings) -> Iterator[Row]:
    """Yields the scores of each archive."""
    for found in findings.models:
        for row in found.hierarchy.archives if found.hierarchy else ():
            yield {"model": found.model.name, **asdict(row)}


def calibration_rows(findings: Findings) -> Iterator[Row]:
    """Yields the calibration error of all papers and of each archive."""
    for found in findings.models:
        for row in found.calibration:
            chance = _flat({"by_chance": row.chance}) if row.chance else dict.fromkeys(_CHANCE, "")
            yield {
                "model": found.model.name,
                "by": row.by,
                "archive": row.archive,
                "papers": row.papers,
                "pairs": row.pairs,
                **_flat({"ece_likely": row.error}),
                **chance,
            }


def policy_rows(findings: Findings) -> Iterator[Row]:
    """Yields what each policy was expected to do and what it does, by measure."""
    for found in findings.models:
        for each in found.policies:
            for name, here in each.measures.items():
                expected = each.policy.expected.get(name)
                yield {
                    "model": found.model.name,
                    "policy": each.policy.name,
                    "goal": str(each.policy.goal),
                    "measure": name,
                    "expected": "" if expected is None else expected.value,
                    "value": here.value,
                    "low": here.low,
                    "high": here.high,
                }


def difference_rows(findings: Findings) -> Iterator[Row]:
    """Yields the differences of each compared pair, by metric and by category."""
    for pair in findings.comparisons:
        if pair.comparison is not None:
            for row in pair.comparison.metrics:
                yield _difference(pair, "metric", row)
            for row in pair.comparison.by_category:
                yield _difference(pair, "category F1", row)


def disagreement_rows(findings: Findings) -> Iterator[Row]:
    """Yields the papers on which models disagree most."""
    for pair in findings.comparisons:
        for each in pair.disagreements:
            yield {
                "reference": pair.reference,
                "candidate": pair.candidate,
                "id": each.paper.abstract.id or "",
                "title": each.paper.abstract.title or "",
                "true": " ".join(map(str, each.paper.categories)),
                "reference_predicts": " ".join(each.reference),
                "candidate_predicts": " ".join(each.candidate),
                "distance": each.distance,
            }


def to_json(findings: Findings) -> dict[str, Any]:
    """Returns the findings as JSON values."""
    return {
        "source": findings.source,
        "papers": findings.papers,
        "with_titles": findings.with_titles,
        "seed": findings.seed,
        "policy": findings.policy or None,
        "models": [_model(found) for found in findings.models],
        "metrics": list(metric_rows(findings)),
        "parts": list(part_rows(findings)),
        "categories": list(category_rows(findings)),
        "archives": list(archive_rows(findings)),
        "calibration": list(calibration_rows(findings)),
        "policies": list(policy_rows(findings)),
        "comparisons": [_pair(pair) for pair in findings.comparisons],
        "differences": list(difference_rows(findings)),
        "disagreements": list(disagreement_rows(findings)),
    }


def _model(found: ModelFindings) -> Row:
    return {
        "name": found.model.name,
        "categories": len(found.model.taxonomy),
        "calibrated_for": found.model.population,
        "labelled_papers": len(found.measured.outcome.rows),
        "outside": asdict(found.outside),
        "seconds": found.model.seconds,
        "memory_bytes": found.model.memory,
        "size_bytes": found.model.size,
        "operating_points": [asdict(point) for point in found.curve],
        "reliability_before_calibration": [asdict(each) for each in found.before],
        "reliability": [asdict(each) for each in found.after],
        "confusions": [
            {"missed": str(each.missed), "predicted": str(each.predicted), "papers": each.papers}
            for each in found.confusions
        ],
    }


def _pair(pair: ModelComparison) -> Row:
    found = pair.comparison
    sizes = {} if found is None else {"shared_categories": found.categories, "papers": found.papers}
    return {"reference": pair.reference, "candidate": pair.candidate, **sizes}


def _difference(pair: ModelComparison, of: str, row: Difference) -> Row:
    return {
        "reference": pair.reference,
        "candidate": pair.candidate,
        "of": of,
        "name": row.name,
        "reference_value": row.reference,
        "candidate_value": row.candidate,
        "change": row.change.value,
        "low": row.change.low,
        "high": row.change.high,
        "verdict": str(row.verdict),
    }


def _flat(metrics: Mapping[str, Estimate]) -> Row:
    return {
        f"{name}{end}": value
        for name, estimate in metrics.items()
        for end, value in (("", estimate.value), ("_low", estimate.low), ("_high", estimate.high))
    }
