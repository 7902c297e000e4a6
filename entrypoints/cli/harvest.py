"""`arxiv-classifier data harvest`."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from domain.errors import InvalidInputError
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.group import Command
from entrypoints.cli.messages import say
from entrypoints.cli.progress import Progress
from entrypoints.logs import configured

if TYPE_CHECKING:
    from application.harvest import HarvestCommand, HarvestResult
    from domain.ports.arxiv import RecordPage


@click.command(cls=Command)
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="Folder of the monthly files.")
@click.option("--from", "since", metavar="YYYY-MM-DD", help="Papers that changed on this day or later.")
@click.option("--until", metavar="YYYY-MM-DD", help="Papers that changed on this day or earlier; default: today.")
@click.option("--submitted", metavar="YYYY-MM", help="Papers whose first version is of this month.")
@click.option("--set", "set_name", metavar="SET", help="Papers of one set, such as cs, cs:cs:LG or physics:hep-th.")
@click.option("--endpoint", metavar="URL", help="Address of OAI-PMH; default: arXiv's own.")
@click.option("--strict", is_flag=True, help="Stop at the first record that cannot be read.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
def harvest(
    *,
    output: Path,
    since: str | None,
    until: str | None,
    submitted: str | None,
    set_name: str | None,
    endpoint: str | None,
    strict: bool,
    config: Path | None,
) -> None:
    """Harvest papers from arXiv into parquet files, one for each month.

    The same command goes on where it was stopped, and later reads only what has changed since. arXiv allows one
    request every three seconds, which gives up to some 2,000 papers. Give --from or --submitted.
    """
    from entrypoints.container import container_of

    command = _command(since, until, submitted, set_name)
    settings = configured({"arxiv": {"endpoint": endpoint} if endpoint else None}, config=config)
    months: set[str] = set()
    with Progress("papers") as progress:
        bad_records = BadRecords(progress.say, strict=strict)

        def on_page(page: "RecordPage") -> None:
            months.update(paper.month for paper in page.papers)
            place = f", changed up to {page.place.last}" if page.place.last else ""
            progress.advance(len(page.papers), f"of {len(months):,} months{place}")

        result = container_of(settings).harvest(output)(command, on_page, bad_records)
    bad_records.summary()
    _say(output, result)


def _command(since: str | None, until: str | None, submitted: str | None, set_name: str | None) -> "HarvestCommand":
    from application.harvest import HarvestCommand

    if (since is None) == (submitted is None):
        raise click.UsageError("Give either --from, the first day of changes, or --submitted, a month.")
    if submitted is not None and until is not None:
        raise click.UsageError("--until goes with --from; --submitted reads everything changed since its month began.")
    if set_name is not None and not set_name.strip():
        raise InvalidInputError("--set is empty. Name a set such as cs, or leave it out.")
    first = _day("--submitted", f"{submitted}-01", submitted, "YYYY-MM") if submitted else _day("--from", str(since))
    return HarvestCommand(first, _day("--until", until) if until else None, set_name, submitted)


def _day(option: str, text: str, said: str | None = None, form: str = "YYYY-MM-DD") -> date:
    try:
        if len(text) != len("YYYY-MM-DD"):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"{option} is {said or text!r}. Write it as {form}.") from error


def _say(output: Path, result: "HarvestResult") -> None:
    counts, held = result.counts, result.held
    months = f"{len(held):,} {'month' if len(held) == 1 else 'months'}"
    say(
        f"{counts.new:,} papers are new, {counts.updated:,} updated and {counts.deleted:,} deleted. "
        f"{output} holds {sum(held.values()):,} papers of {months}.",
        event="harvest_finished",
        new=counts.new,
        updated=counts.updated,
        deleted=counts.deleted,
        papers=sum(held.values()),
        months=len(held),
        folder=str(output),
    )
