"""`arxiv-classifier index` and `arxiv-classifier similar`."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from domain.abstract import Abstract
from domain.category import Category
from domain.label import LabelSet, in_one_cell
from domain.similar_paper import SimilarPaper
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.engine_options import ENGINE_OPTIONS, LOCAL
from entrypoints.cli.group import Command
from entrypoints.cli.messages import say
from entrypoints.cli.progress import Progress
from entrypoints.cli.reading_options import READING, several
from entrypoints.cli.tables import print_table
from entrypoints.cli.workers import usable_cores
from entrypoints.embedding_worker import embed_on_engine
from entrypoints.logs import configured
from entrypoints.settings import Settings

_DEFAULT_MODEL = "minilm"
_FOLDER = click.option(
    "--index", "folder", type=click.Path(path_type=Path), help="The index; default: ARTIFACTS/index."
)


@click.command(cls=Command)
@click.argument("source")
@several(READING)
@click.option("--output", "-o", "folder", type=click.Path(path_type=Path), help="Folder; default: ARTIFACTS/index.")
@click.option("--model", default=_DEFAULT_MODEL, show_default=True, help="Model whose encoder reads the papers.")
@click.option("--limit-samples", type=int, help="Draw at most this many papers at random.")
@click.option("--seed", type=int, help="Seed of that draw.")
@click.option("--strict", is_flag=True, help="Stop at the first record that cannot be read.")
@several(ENGINE_OPTIONS)
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
def index(
    *,
    source: str,
    folder: Path | None,
    model: str,
    limit_samples: int | None,
    seed: int | None,
    strict: bool,
    engine: str,
    ray_address: str | None,
    config: Path | None,
    **reading: object,
) -> None:
    """Index papers for `similar`.

    SOURCE is a file, folder or hub id of papers. Files need no categories. An index in the folder is replaced when the
    new one is complete.
    """
    from entrypoints.container import container_of

    flags = {"dataset": source, **reading, "limit_samples": limit_samples, "seed": seed}
    settings = configured(flags, config=config)
    container = container_of(settings)
    target = folder or _default_folder(settings)
    if engine == LOCAL and ray_address:
        raise click.UsageError("--ray-address goes with --engine ray.")
    embed_on = None
    if engine != LOCAL:
        processes = container.engine(engine, address=ray_address, cores=usable_cores())
        embed_on = partial(embed_on_engine, processes, settings)
    with Progress("papers indexed") as progress:
        bad_records = BadRecords(progress.say, strict=strict)
        papers = container.papers_to_index(container.dataset(), bad_records)
        use_case = container.index_papers(model, target, created=_now(), on_indexed=progress.advance, embed_on=embed_on)
        try:
            count = use_case(papers, limit_samples=settings.limit_samples, seed=settings.seed)
        finally:
            bad_records.summary()
    say(f"{count:,} papers are indexed in {target}.", event="index_written", papers=count, folder=str(target))


@click.command(cls=Command)
@click.option("--text", required=True, help="The abstract.")
@click.option("--title", help="Its title.")
@_FOLDER
@click.option("--model", help="Model whose encoder reads the text; default: the one that made the index.")
@click.option("--top-k", type=click.IntRange(min=1), default=10, show_default=True, help="Number of papers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
def similar(
    *,
    text: str,
    title: str | None,
    folder: Path | None,
    model: str | None,
    top_k: int,
    as_json: bool,
    config: Path | None,
) -> None:
    """Find the papers of an index that are most like a text."""
    from entrypoints.container import container_of

    settings = configured({}, config=config)
    abstract = Abstract(text, title, max_characters=settings.max_characters)
    found = container_of(settings).find_similar(folder or _default_folder(settings), model)(abstract, k=top_k)
    if as_json:
        click.echo(json.dumps([_row(each) for each in found], indent=2))
        return
    arxiv = all(Category.has_form(name) for each in found for name in each.paper.categories)
    label_set = LabelSet.ARXIV if arxiv else LabelSet.OWN
    rows = [
        [each.similarity, each.paper.id, in_one_cell(each.paper.categories, label_set), each.paper.title]
        for each in found
    ]
    print_table(["similarity", "id", "categories", "title"], rows)


def _row(found: SimilarPaper) -> dict[str, object]:
    paper = found.paper
    return {
        "similarity": round(found.similarity, 6),
        "id": paper.id or None,
        "title": paper.title or None,
        "categories": list(paper.categories),
    }


def _default_folder(settings: Settings) -> Path:
    return settings.artifacts / "index"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
