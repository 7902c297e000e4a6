"""`arxiv-classifier data`."""

import dataclasses
import json
import logging
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
from typing_extensions import override

from application.papers.forwarding import ForwardingDataset
from domain.label import LabelSet
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord, Split
from domain.taxonomy import Taxonomy
from entrypoints.cli.audit import audit
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.composition_report import warn_of_scarce
from entrypoints.cli.data_report import report
from entrypoints.cli.group import Command, SubcommandGroup
from entrypoints.cli.harvest import harvest
from entrypoints.cli.messages import say
from entrypoints.cli.progress import Progress
from entrypoints.cli.reading_options import CATEGORIES, READING, several
from entrypoints.cli.tables import print_table
from entrypoints.logs import configured
from entrypoints.registry import SPLIT_FILES, load
from entrypoints.required_source import require_source
from entrypoints.settings import Settings
from entrypoints.shares import arxiv_shares

if TYPE_CHECKING:
    from application.describe_dataset import DatasetDescription, Lengths
    from application.papers.composition import Comparison

SOURCE_FORMATS = ("parquet", "jsonl", "csv", "tsv", "xlsx", "kaggle", "hub", "hub-stream", "saved")
_STEP = 1000
_SHOWN_CATEGORIES = 20

SOURCE = click.argument("source", required=False)
FORMAT = click.option(
    "--format", "format", type=click.Choice(SOURCE_FORMATS), help="Format of SOURCE; default: recognised from the path."
)
STRICT = click.option("--strict", is_flag=True, help="Stop at the first record that cannot be read.")
CONFIG = click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")


@click.group(cls=SubcommandGroup)
def data() -> None:
    """Describe, audit, prepare and harvest data sets."""


@data.command(cls=Command)
@SOURCE
@FORMAT
@several(READING)
@CATEGORIES
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every month and category.")
@click.option("--strict", is_flag=True, help="Refuse records that cannot be read, and held-out papers in training.")
@CONFIG
def stats(
    *,
    source: str | None,
    format: str | None,
    as_json: bool,
    strict: bool,
    config: Path | None,
    **reading: object,
) -> None:
    """Print papers, months, categories, labels and lengths of SOURCE.

    SOURCE is a parquet, JSONL, CSV, TSV (also .gz, .zst) or .xlsx file, a folder of them, Kaggle's arXiv snapshot, a
    folder of save_to_disk, or a data set of the Hugging Face hub (owner/name). It defaults to the configured data set.
    """
    from application.describe_dataset import DescribeDataset
    from application.papers.composition import compared

    settings = configured({"dataset": source, **reading}, config=config)
    require_source(settings, how="SOURCE")
    with Progress("papers") as progress:
        bad_records = BadRecords(progress.say, strict=strict)
        source_ = _dataset(settings, format)
        taxonomy = _looked_for(source_, settings)
        dataset = _Watched(source_, progress)
        description = DescribeDataset(taxonomy)(dataset, bad_records, strict=strict)
    bad_records.summary()
    found = compared(description.make_ups, arxiv_shares(), taxonomy)
    if as_json:
        click.echo(json.dumps(_as_json(description, found), indent=2))
    else:
        _print(description, len(taxonomy))
        _print_distances(description, found)
    _tell_leaked(description)
    warn_of_scarce(found, "validation" if "validation" in description.make_ups else "it")


@data.command(cls=Command)
@SOURCE
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="A folder for the three files.")
@FORMAT
@several(READING)
@click.option("--split-by", type=click.Choice(["time", "hash", "source"]), help="Default: time.")
@click.option("--validation-share", type=float, default=0.05, show_default=True, help="Least share of the papers.")
@click.option("--test-share", type=float, default=0.05, show_default=True, help="Least share of the papers.")
@click.option("--validation-from", metavar="YYYY-MM", help="First month of validation, in place of a share.")
@click.option("--test-from", metavar="YYYY-MM", help="First month of test, in place of a share.")
@click.option("--limit-samples", type=int, help="Draw at most this many papers of each split at random.")
@click.option("--seed", type=int, help="Seed of that draw.")
@STRICT
@CONFIG
def prepare(
    *,
    source: str | None,
    output: Path,
    format: str | None,
    columns: dict[str, str] | None,
    separator: str | None,
    label_set: str | None,
    split_by: str | None,
    limit_samples: int | None,
    seed: int | None,
    strict: bool,
    config: Path | None,
    **cuts: object,
) -> None:
    """Write SOURCE as split parquet files.

    The files are train.parquet, validation.parquet and test.parquet in the output folder.

    With --split-by time, whole months go to one split, the newest to test. With hash, a hash of a paper's id decides.
    With source, the splits of SOURCE are kept. Papers of validation or test are left out of training; --strict
    refuses them.
    """
    from application.papers.splitting import SplitPolicy
    from application.prepare_dataset import PrepareCommand, PrepareDataset

    reading = {"columns": columns, "separator": separator, "label_set": label_set}
    drawn = {"split_by": split_by, "limit_samples": limit_samples, "seed": seed}
    settings = configured({"dataset": source, **reading, **drawn}, config=config)
    require_source(settings, how="SOURCE")
    policy = SplitPolicy(settings.split_by, **cuts)  # type: ignore[arg-type]  # click made them of those types
    command = PrepareCommand(policy, limit_samples=settings.limit_samples, seed=settings.seed, strict=strict)
    with Progress("papers") as progress:
        dataset = _Watched(_dataset(settings, format), progress)
        bad_records = BadRecords(progress.say, strict=strict)
        writer = load(SPLIT_FILES)(output)
        counts = PrepareDataset(dataset, writer)(command, bad_records)
    bad_records.summary()
    print_table(["split", "papers"], [[str(split), count] for split, count in counts.items()])


data.add_command(audit)
data.add_command(report)
data.add_command(harvest)


class _Watched(ForwardingDataset):
    """A data set whose papers are counted on the progress line."""

    def __init__(self, dataset: Dataset, progress: Progress) -> None:
        super().__init__(dataset)
        self._progress = progress

    @override
    def papers(self, split: Split | None, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        for number, paper in enumerate(self._dataset.papers(split, on_bad_record), start=1):
            if number % _STEP == 0:
                self._progress.advance(_STEP)
            yield paper


def _dataset(settings: Settings, format: str | None) -> Dataset:
    from entrypoints.container import container_of

    dataset = container_of(settings).dataset(format=format)
    return dataset


def _looked_for(dataset: Dataset, settings: Settings) -> Taxonomy:
    """Returns the labels to count: the arXiv categories that are learnt, or all labels of papers with their own."""
    from application.papers.label_choice import MOST_LABELS, label_set_of, own_taxonomy
    from entrypoints.container import container_of

    first = list(islice(dataset.papers(None, lambda record: None), 1))
    if label_set_of(first) == LabelSet.ARXIV:
        taxonomy = container_of(settings).taxonomy()
        return taxonomy
    labels = (label for paper in dataset.papers(None, lambda record: None) for label in paper.categories)
    return own_taxonomy(list(dict.fromkeys(labels))[:MOST_LABELS])


def _as_json(description: "DatasetDescription", found: "Comparison") -> dict[str, object]:
    shares = {
        "multi_label_share": description.share(description.multi_label),
        "selected_share": description.share(description.selected),
        "labels_per_paper": description.share(description.labels),
    }
    return {**dataclasses.asdict(description), **shares, **dataclasses.asdict(found)}


def _print(description: "DatasetDescription", selected: int) -> None:
    months = list(description.months)
    facts = {
        "source": description.source,
        "own splits": ", ".join(description.own_splits) or "none",
        "papers": f"{description.papers:,}",
        "bad records": f"{description.bad_records:,}",
        "months": f"{months[0]} to {months[-1]} ({len(months)})" if months else "none",
        "without a month": f"{description.undated:,}",
        "without a title": f"{description.untitled:,}",
        "multi-label": f"{description.share(description.multi_label):.1%}",
        "labels per paper": f"{description.share(description.labels):.2f}",
        f"with one of the {selected}": f"{description.share(description.selected):.1%}",
        "characters": _lengths(description.characters),
        "words": _lengths(description.words),
        "categories": f"{len(description.categories):,}",
    }
    for name, fact in facts.items():
        click.echo(f"{name + ':':<20} {fact}")
    if description.categories:
        click.echo()
        shown = list(description.categories.items())[:_SHOWN_CATEGORIES]
        rows = [
            [name, count, description.primaries.get(name, 0), f"{description.share(count):.1%}"]
            for name, count in shown
        ]
        print_table(["category", "papers", "as primary", "share"], rows)
    if len(description.categories) > _SHOWN_CATEGORIES:
        say(f"and {len(description.categories) - _SHOWN_CATEGORIES} more; --json gives all.", event="nothing_to_show")


def _print_distances(description: "DatasetDescription", found: "Comparison") -> None:
    """Prints the distance of each split's primary categories from those of the other splits and of arXiv."""
    others = [*description.make_ups, "arXiv"]
    others = [other for other in others if any(other in row for row in found.distances.values())]
    if others:
        click.echo()
        rows = [
            [name, description.make_ups[name].papers, *(_percent(row.get(other)) for other in others)]
            for name, row in found.distances.items()
        ]
        print_table(["primary categories of", "papers", *(f"from {other}" for other in others)], rows)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _tell_leaked(description: "DatasetDescription") -> None:
    if description.leaked:
        from application.papers.leakage import leak_sentence

        sentence = leak_sentence(description.leaked, description.make_ups["train"].papers, description.source)
        line = f"WARNING: {sentence} `train` leaves them out of training."
        say(line, event="papers_leaked", level=logging.WARNING, papers=description.leaked)


def _lengths(lengths: "Lengths") -> str:
    return (
        f"mean {lengths.mean:,.0f}, median {lengths.median:,}, 95 % up to {lengths.percentile_95:,}, "
        f"longest {lengths.longest:,}"
    )
