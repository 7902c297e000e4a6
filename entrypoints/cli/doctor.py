"""`arxiv-classifier doctor`."""

import json

import click

from domain.diagnosis import Diagnosis, Finding, Outcome
from entrypoints.cli.config_option import config_option
from entrypoints.cli.group import Command

_MARKS = {Outcome.GOOD: "ok", Outcome.WARNING: "warning", Outcome.FAILURE: "FAILURE"}


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--network", is_flag=True, help="Also try connections to the Hugging Face hub and arXiv.")
@config_option
@click.pass_context
def doctor(context: click.Context, *, as_json: bool, network: bool) -> None:
    """Look for what is wrong with the installation, this machine, settings and models.

    Each finding says what to do. The command changes nothing. Its exit code is 1 if something does not work; warnings
    alone give 0.
    """
    from entrypoints.examining import diagnosis, summary

    found = diagnosis(network=network)
    if as_json:
        click.echo(json.dumps(_as_json(found), indent=2))
    else:
        for finding in found.findings:
            _print(finding)
        click.echo(summary(found), err=True)
    if found.failed:
        context.exit(1)


def _print(finding: Finding) -> None:
    click.echo(f"{_MARKS[finding.outcome]:<8} {finding.subject}: {finding.message}")
    if finding.remedy:
        click.echo(f"         -> {finding.remedy}")


def _as_json(found: Diagnosis) -> dict[str, object]:
    findings = [
        {"subject": each.subject, "outcome": each.outcome.value, "message": each.message, "remedy": each.remedy or None}
        for each in found.findings
    ]
    return {"failed": found.failed, "findings": findings}
