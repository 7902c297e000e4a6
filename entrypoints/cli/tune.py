"""`arxiv-classifier models tune`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from domain.model_bundle import StoredModel
from domain.policy import Goal, Policy, parse_policies
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.group import Command
from entrypoints.cli.progress import Progress
from entrypoints.cli.reading_options import COLUMNS
from entrypoints.cli.tables import print_table
from entrypoints.logs import configured
from entrypoints.required_source import require_source
from entrypoints.settings import Settings
from entrypoints.shares import shares_of

if TYPE_CHECKING:
    from application.tune_policies import TuneCommand

_CURVE = ("threshold", "micro_precision", "micro_recall", "micro_f1", "wrong_cross_lists", "categories_per_paper")


@click.command(cls=Command, short_help="Add named thresholds for stated goals to a model.")
@click.argument("model", required=False)
@click.option("--dataset", metavar="SOURCE", help="Labelled papers that the model did not learn from.")
@click.option(
    "--policy",
    "policies",
    metavar="[NAME=]GOAL",
    multiple=True,
    help="A goal, such as careful=precision>=0.95 or macro_f1; several times for several.",
)
@click.option("--curve", "curves", is_flag=True, help="Print the trade-off of each policy too.")
@click.option("--drop-others", is_flag=True, help="Leave out the policies that the model has.")
@click.option(
    "--calibrated-on-these", is_flag=True, help="Say that the model was calibrated on papers that include these."
)
@COLUMNS
@click.option("--split-by", type=click.Choice(["time", "hash", "source"]), help="How the model's own source is split.")
@click.option("--weights", metavar="FILE", help="Shares of primary categories that weight the papers, or arxiv.")
@click.option("--seed", type=int, help="Seed of the parts for cross-validation and of the intervals.")
@click.option("--output", "artifacts", type=click.Path(path_type=Path), help="Folder of models (ARTIFACTS).")
@click.option("--strict", is_flag=True, help="Refuse records that cannot be read.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of tables.")
def tune(
    *,
    model: str | None,
    policies: tuple[str, ...],
    curves: bool,
    drop_others: bool,
    calibrated_on_these: bool,
    strict: bool,
    config: Path | None,
    as_json: bool,
    **flags: object,
) -> None:
    """Add policies, which are named thresholds, and the scores for a coverage to a stored model, saved as a new one.

    MODEL is a shipped model, kind/version, path or registry:NAME@ALIAS. Its probabilities and its own thresholds stay.
    The goals are micro_f1, macro_f1, precision>=SHARE, recall>=SHARE, wrong_cross_lists<=SHARE,
    wrongly_cross_listed<=SHARE and reviews<=N/PAPERS. A goal that cannot be kept is refused with the best that can.
    A source with splits gives its validation papers, any other source all of its papers.
    """
    from entrypoints.container import container_of

    goals = parse_policies(policies)
    settings = configured(flags, config=config)
    require_source(settings)
    container = container_of(settings)
    dataset = container.dataset()
    loaded = container.loaded_model(model or settings.model_reference)
    with Progress("papers") as progress:
        bad_records = BadRecords(progress.say, strict=strict)
        command = _command(settings, bad_records, goals=goals, keep=not drop_others, seen=calibrated_on_these)
        stored = container.tune_policies(dataset)(loaded.stored, loaded.raw, command)
    bad_records.summary()
    made = [stored.card.policies[name] for name in goals]
    if as_json:
        click.echo(json.dumps({"model": stored.name, "folder": str(stored.folder), **_json(stored)}, indent=2))
    else:
        _print(stored, made, curves=curves)


def _command(
    settings: Settings, bad_records: BadRecords, *, goals: dict[str, Goal], keep: bool, seen: bool
) -> "TuneCommand":
    from application.papers.splitting import SplitPolicy
    from application.tune_policies import TuneCommand

    return TuneCommand(
        goals=goals,
        on_bad_record=bad_records,
        split=SplitPolicy(settings.split_by),
        shares=shares_of(settings),
        keep=keep,
        calibrated_on_these=seen,
        seed=settings.seed,
    )


def policy_json(policy: Policy) -> dict[str, object]:
    """Returns a policy as JSON-ready values, without its thresholds by category and its curve."""
    return {
        "goal": str(policy.goal),
        "threshold": policy.thresholds.default,
        "papers": policy.papers,
        "expected": {
            name: {"value": each.value, "low": each.low, "high": each.high} for name, each in policy.expected.items()
        },
    }


def _json(stored: StoredModel) -> dict[str, object]:
    conformal = stored.card.conformal
    return {
        "policies": {
            name: {**policy_json(each), "curve": {key: list(column) for key, column in each.curve.items()}}
            for name, each in stored.card.policies.items()
        },
        "coverage_papers": 0 if conformal is None else conformal.papers,
    }


def _print(stored: StoredModel, made: list[Policy], *, curves: bool) -> None:
    for policy in made:
        click.echo(f"{policy.name}: {policy.goal}, threshold {policy.thresholds.default:.4f}")
        rows = [[name, each.value, each.low, each.high] for name, each in policy.expected.items()]
        print_table(["expected on other papers", "value", "low", "high"], rows)
        click.echo()
        if curves:
            print_table(_CURVE, list(zip(*(policy.curve[name] for name in _CURVE), strict=True)))
            click.echo()
    conformal = stored.card.conformal
    papers = 0 if conformal is None else conformal.papers
    click.echo(f"Scores for --coverage: {papers:,} papers" if papers else "Too few papers for --coverage")
    click.echo(f"Saved as {stored.name} in {stored.folder}")
