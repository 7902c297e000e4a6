"""Writes what a sweep found: its best trial as a configuration to train with, and its report."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import click

from application.sweeps.trial_models import model_of
from domain.ports.classifier import ClassifierFamily
from domain.ports.sweep_report import SweepFacts
from domain.sweep import SweepPlan, TrialRecord, TrialState, best_of
from entrypoints.cli.messages import say
from entrypoints.cli.output import whole_file
from entrypoints.cli.sweeps.trials import trial_settings
from entrypoints.effective_configuration import effective_config
from entrypoints.settings import Settings

BEST = "best.yaml"


def report_best(
    settings: Settings, plan: SweepPlan, folder: Path, records: Sequence[TrialRecord], *, as_json: bool, timed_out: bool
) -> None:
    """Writes the best trial's configuration and the report into the sweep's folder, and prints the former."""
    from entrypoints.container import container_of

    container = container_of(settings)
    metric = plan.definition.metric
    best = best_of(records, metric)
    ended = [record for record in records if record.state != TrialState.RUNNING]
    if timed_out:
        line = f"Time is up after {len(ended)} of {plan.count} trials. The same command goes on."
        say(line, event="sweep_timed_out", trials=len(ended))
    if best is None:
        line = f"None of {len(ended)} trials was completed, so that there is no best one."
        say(line, event="sweep_unfinished", level=logging.WARNING, trials=len(ended))
    config = best_config(settings, container.family(settings.kind), best) if best else {}
    if best is not None:
        text = _yaml(config, _comment(settings, plan, best, len(ended)))
        with whole_file(folder / BEST) as stream:
            stream.write(text.encode())
        click.echo("" if as_json else text, nl=False)
        line = f"Train with it: arxiv-classifier train --config {folder / BEST}"
        say(line, event="sweep_won", trial=best.number, score=best.score, config=str(folder / BEST))
        model = model_of(folder, best)
        if model is not None:
            say(f"Its model, as the trial trained it: {model}", event="sweep_model_kept", model=str(model))
    if as_json:
        click.echo(json.dumps(_summary(plan, folder, records, best, config), indent=2))
    report = container.sweep_report()
    written = report.write(folder / "report", SweepFacts(plan.definition, records, _context(settings)))
    say(f"Report: {written}", event="sweep_report_written", path=str(written))


def best_config(settings: Settings, family: ClassifierFamily, best: TrialRecord) -> dict[str, object]:
    """Returns the settings that train as a trial did. They omit a sample's size, so that all papers are used."""
    effective = effective_config(trial_settings(settings, best.parameters), family)
    return {key: value for key, value in effective.items() if key != "limit_samples" and value is not None}


def _context(settings: Settings) -> dict[str, str]:
    sample = f", at most {settings.limit_samples:,} of each split" if settings.limit_samples else ""
    return {
        "kind": settings.kind,
        "papers": f"{settings.dataset}, split by {settings.split_by}{sample}",
        "seed": str(settings.seed),
        "compared on": "validation papers; no trial looks at test papers",
    }


def _comment(settings: Settings, plan: SweepPlan, best: TrialRecord, ended: int) -> str:
    sample = f", trained on {settings.limit_samples:,} papers" if settings.limit_samples else ""
    name, metric = plan.definition.name, plan.definition.metric.name
    return f"Trial {best.number} of the sweep {name}, the best of {ended}: {metric} {best.score:.4f}{sample}."


def _yaml(config: dict[str, object], comment: str) -> str:
    import yaml

    return f"# {comment}\n\n{yaml.safe_dump(config, sort_keys=False, default_flow_style=None, allow_unicode=True)}"


def _summary(
    plan: SweepPlan, folder: Path, records: Sequence[TrialRecord], best: TrialRecord | None, config: dict[str, object]
) -> dict[str, object]:
    states = {str(state): sum(record.state == state for record in records) for state in TrialState}
    summary: dict[str, object] = {"sweep": plan.definition.name, "folder": str(folder), "trials": states, "best": None}
    if best is not None:
        summary["best"] = {
            "trial": best.number,
            plan.definition.metric.name: best.score,
            "parameters": dict(best.parameters),
            "model": str(model_of(folder, best) or ""),
            "config": config,
        }
    return summary
