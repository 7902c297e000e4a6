"""`arxiv-classifier advise`."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from domain.abstract import Abstract
from domain.advice import Advice, Question
from domain.month import day_of, latest_day, month_filed
from entrypoints.advice import advice_json, advised_categories, chosen_categories, opinion_line, sentence
from entrypoints.blas_threads import use_one_blas_thread
from entrypoints.cli.model_in_use import tell_model
from entrypoints.cli.several_values import SeveralChosen
from entrypoints.cli.tables import print_table
from entrypoints.logs import configured


@click.command(cls=SeveralChosen, short_help="Advise on a paper's primary category and cross-lists.")
@click.option("--text", required=True, help="The abstract.")
@click.option("--title", help="Its title.")
@click.option("--chosen", metavar="CATEGORY...", multiple=True, help="The categories chosen so far, primary first.")
@click.option("--date", metavar="YYYY-MM", help="When the paper is filed; default: today.")
@click.option("--model", metavar="PATH_OR_KIND", help="Which model: a kind, kind/version, path or registry:NAME@ALIAS.")
@click.option("--index", type=click.Path(path_type=Path), help="An index of labelled papers, to name the nearest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
def advise(
    *,
    text: str,
    title: str | None,
    chosen: tuple[str, ...],
    date: str | None,
    model: str | None,
    index: Path | None,
    as_json: bool,
    config: Path | None,
) -> None:
    """Advise on a paper's primary category and on at most four cross-lists that arXiv takes beside it.

    With --chosen, each of these categories gets a verdict: keep, drop, or no opinion. Other categories may be added,
    and another one may come first (swap). The words shown are those that speak most for a category.
    """
    from entrypoints.container import container_of

    use_one_blas_thread()
    settings = configured({}, config=config)
    container = container_of(settings)
    month = month_filed(day_of(date), None, latest_day(container.clock()())) if date else None
    abstract = Abstract(text, title, max_characters=settings.max_characters, month=month)
    question = Question(abstract, chosen_categories(chosen))
    loaded = container.loaded_model(model or settings.model_reference)
    similar = None if index is None else container.find_similar(index, None)
    advice = container.advise(loaded, container.explainer(loaded), similar)(question)
    tell_model(loaded.stored)
    if as_json:
        click.echo(json.dumps(advice_json(advice), indent=2, ensure_ascii=False))
    else:
        _print(advice)


def _print(advice: Advice) -> None:
    click.echo(sentence(advice))
    if rows := [
        [str(each.category), each.probability, each.name, ", ".join(each.reasons)]
        for each in advised_categories(advice)
    ]:
        click.echo()
        print_table(["category", "probability", "name", "words"], rows)
    _print_papers(advice)
    _print_lines([opinion_line(each) for each in advice.opinion])
    _print_lines(advice.warnings)


def _print_papers(advice: Advice) -> None:
    found = {each.paper.id: each for advised in advised_categories(advice) for each in advised.papers}
    if found:
        click.echo()
        rows = [[near.paper.id, " ".join(near.paper.categories), near.paper.title] for near in found.values()]
        print_table(["similar paper", "categories", "title"], rows)


def _print_lines(lines: Sequence[str]) -> None:
    if lines:
        click.echo("\n" + "\n".join(lines))
