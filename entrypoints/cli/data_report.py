"""`arxiv-classifier data report`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.evaluation_files import ready_folder
from entrypoints.cli.group import Command
from entrypoints.cli.messages import say
from entrypoints.cli.output_folder import refuse_loss
from entrypoints.cli.progress import Progress
from entrypoints.cli.reading_options import READING, several
from entrypoints.cli.text_files import csv_text, write_text
from entrypoints.logs import configured
from entrypoints.required_source import require_source
from entrypoints.shares import arxiv_shares
from entrypoints.taxonomies import all_categories

if TYPE_CHECKING:
    from application.dataset_report.counting import DatasetCounts

_NAMES = ("categories.csv", "pairs.csv", "months.csv", "report.json")


@click.command(cls=Command, short_help="Write a page on the papers of SOURCE.")
@click.argument("source", required=False)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), required=True, help="Folder for the page and its tables."
)
@several(READING)
@click.option("--strict", is_flag=True, help="Stop at the first record that cannot be read.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
def report(*, source: str | None, output: Path, strict: bool, config: Path | None, **flags: object) -> None:
    """Write a page on the papers of SOURCE: categories, co-occurrence, lengths, months, overlap and odd values.

    The page is index.html. The tables lie beside it: categories.csv, pairs.csv, months.csv and report.json.
    """
    settings = configured({"dataset": source, **flags}, config=config)
    require_source(settings, how="SOURCE")
    refuse_loss(str(settings.dataset), output, (*_NAMES, "index.html"), "report.json")
    from application.dataset_report.counting import count_papers
    from application.dataset_report.page import category_table, dataset_page, month_table, pair_table
    from entrypoints.container import container_of

    container = container_of(settings)
    dataset = container.dataset()
    retired = {info.category.identifier: info.retired for info in all_categories().infos if info.retired}
    with ready_folder(output):
        with Progress("papers") as progress:
            bad_records = BadRecords(progress.say, strict=strict)
            counts = count_papers(dataset, bad_records, retired, progress.counting)
        bad_records.summary()
        shares = arxiv_shares()
        shares = shares if counts.categories.keys() & shares.keys() else {}
        tables = (category_table(counts, shares), pair_table(counts), month_table(counts))
        for name, table in zip(_NAMES, tables, strict=False):
            write_text(output / name, csv_text(table.columns, table.rows))
        write_text(output / "report.json", json.dumps(_facts(dataset.name, counts), indent=2) + "\n")
        page = container.report_writer().write(output, dataset_page(dataset.name, counts, shares, _NAMES))
    line = f"{counts.papers:,} papers. Written to {output}: {', '.join([page.name, *_NAMES])}"
    say(line, event="dataset_report_written", folder=str(output), papers=counts.papers)


def _facts(source: str, counts: "DatasetCounts") -> dict[str, object]:
    overlaps = [{"papers_of": one, "in": other, "papers": count} for (one, other), count in counts.overlaps.items()]
    return {
        "source": source,
        "papers": counts.papers,
        "splits": dict(counts.splits),
        "bad_records": counts.bad_records,
        "categories": len(counts.categories),
        "papers_by_number_of_categories": dict(sorted(counts.labels.items())),
        "missing_or_odd": {name: count for name, count in counts.odd.items() if count},
        "overlaps": overlaps,
        "characters": dict(sorted(counts.characters.items())),
        "tokens": dict(sorted(counts.tokens.items())),
    }
