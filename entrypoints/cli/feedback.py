"""`arxiv-classifier feedback`."""

import dataclasses
import os
from pathlib import Path

import click

from domain.ports.feedback_store import FeedbackStore
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.config_option import config_option
from entrypoints.cli.group import Command, SubcommandGroup
from entrypoints.cli.messages import say
from entrypoints.cli.output import output_stream, refuse_folder
from entrypoints.cli.progress import Progress
from entrypoints.cli.same_file import refuse_same_file
from entrypoints.logs import configured
from entrypoints.registry import load

_ENDINGS = (".jsonl", ".ndjson", ".json")
_COMPRESSED = (".gz", ".zst")
DATABASE_HELP = "Database of feedback, a URL or a SQLite file; default: the setting api.database."


@click.group(cls=SubcommandGroup)
def feedback() -> None:
    """Export feedback as a training set."""


@feedback.command(cls=Command)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write, compressed if it ends in .gz or .zst; - is stdout.",
)
@click.option("--log", "folder", type=click.Path(path_type=Path), help="Prediction log with the texts of the papers.")
@click.option("--database", metavar="DATABASE", help=DATABASE_HELP)
@config_option
@click.option("--strict", is_flag=True, help="Stop at the first line of the log that cannot be read.")
def export(*, output: Path, folder: Path | None, database: str | None, strict: bool) -> None:
    """Write papers with the categories of their feedback, as JSON Lines for `train --dataset`.

    Each paper is written once, with its latest feedback. Its text is the one sent with the feedback, or else that of a
    prediction log with texts.
    """
    from entrypoints.container import container_of

    special = str(output) == "-" or (output.exists() and not output.is_file())
    if not special and _ending(output) not in _ENDINGS:
        raise click.UsageError(f"Feedback is JSON Lines: name a file that ends in .jsonl, not {output.name}.")
    target = None if str(output) == "-" else output
    refuse_folder(target)
    for source in sorted(folder.iterdir()) if folder and folder.is_dir() else ():
        refuse_same_file(source, target)
    container = container_of(configured())
    log = container.prediction_log(folder) if folder else None
    use_case = container.export_feedback(feedback_store(database), log)
    with Progress("lines") as progress:
        bad_records = BadRecords(progress.say, strict=strict)
        with output_stream(target) as stream:
            container.write_papers(stream, use_case(bad_records))
    bad_records.summary()
    counts = use_case.counts
    told = (
        f"Papers written: {counts.papers:,}. Feedback left out: {counts.wordless:,} without words, "
        f"{counts.repeated:,} on papers that came again."
    )
    say(told, event="feedback_exported", **dataclasses.asdict(counts))


def _ending(output: Path) -> str:
    plain = output.with_suffix("") if output.suffix.lower() in _COMPRESSED else output
    return plain.suffix.lower()


def feedback_store(database: str | None) -> FeedbackStore:
    """Returns the store in a database, or in the configured one for None."""
    from domain.errors import StorageUnavailableError
    from entrypoints.container import container_of

    file = load("entrypoints.rest.server:set_up")(database)
    if file and not os.path.isfile(file):  # opening it would make an empty one
        raise StorageUnavailableError(
            f"There is no database {file}. Name its file, or a URL such as postgresql://HOST/NAME."
        )
    store = container_of(configured()).feedback_store()
    return store
