"""What the page shows, as HTML and rows; no library of pages is needed to make or test it."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from domain.ports.dataset import BadRecord
from entrypoints.demo.backend import CategoryRow, Classified, Given, ModelInfo, Neighbour, Paper
from entrypoints.demo.true_categories import roles, true_note

_LEAST_SHOWN = 5
_HEAD = 90


def shown_rows(rows: Sequence[CategoryRow], threshold: float | None) -> list[CategoryRow]:
    """The categories to draw: those from the threshold on, for None those from their own; some more for comparison."""
    passing = [number for number, row in enumerate(rows, start=1) if _passes(row, threshold)]
    return list(rows[: max([_LEAST_SHOWN, *passing])])


def bars(classified: Classified, threshold: float | None, paper: Paper | None = None) -> str:
    """A bar for each category, with its threshold drawn; those that pass stand out, in words too.

    What a category is about unfolds under its bar. The true categories of a `paper` are marked and listed.
    """
    true = roles(paper) if paper else {}
    lines = [_bar(row, threshold, true.get(row.label, "")) for row in shown_rows(classified.rows, threshold)]
    passing = frozenset(row.label for row in classified.rows if _passes(row, threshold))
    summary = f"{len(passing)} of {len(classified.rows)} categories at or above the threshold"
    key = '<span class="key"></span> threshold'
    note = f'<p class="note" role="status">{summary} <span class="right">{key}</span></p>'
    said = _warned(classified.warnings) + (true_note(paper, classified, passing) if paper else "")
    return f'{said}{note}<ul class="bars" aria-label="Categories">{"".join(lines)}</ul>'


def _warned(warnings: Sequence[str]) -> str:
    return "".join(f'<p class="note warning" role="status">{escape(warning)}</p>' for warning in warnings)


def _passes(row: CategoryRow, threshold: float | None) -> bool:
    return row.probability >= (row.threshold if threshold is None else threshold)


def _bar(row: CategoryRow, threshold: float | None, role: str = "") -> str:
    kind, said = ("passes", "given") if _passes(row, threshold) else ("below", "not given")
    true = f' <i class="role">{role}</i>' if role else ""
    head = (
        f'<div class="head"><b>{escape(row.label)}</b> <span>{escape(row.name)}</span>{true}'
        f'<em>{row.probability * 100:.1f} %<i class="hidden">, {said}</i></em></div>{_track(row, threshold)}'
    )
    if not row.description:
        return f'<li class="bar {kind}">{head}</li>'
    told = f"<details><summary>{head}</summary><p>{escape(row.description)}</p></details>"
    return f'<li class="bar {kind}">{told}</li>'


def _track(row: CategoryRow, threshold: float | None) -> str:
    cut = min(max(row.threshold if threshold is None else threshold, 0.0), 1.0)
    return (
        f'<div class="track"><div class="fill" style="width:{row.probability * 100:.1f}%"></div>'
        f'<div class="cut" style="left:{cut * 100:.1f}%" title="threshold {cut:.2f}"></div></div>'
    )


def choices(models: Sequence[ModelInfo]) -> list[tuple[str, str]]:
    """What models are called where one is chosen, and their names.

    A shipped model is called by its shipped name, another by its kind; models that share one are called in full.
    """
    short = [model.shipped_as or model.name.partition("/")[0] for model in models]
    return [
        (called if short.count(called) == 1 else model.name, model.name)
        for called, model in zip(short, models, strict=True)
    ]


def category_choices(classified: Classified) -> list[tuple[str, str]]:
    """What categories are called where one is chosen, most probable first, and their labels."""
    return [(f"{row.label} {row.name}".strip(), row.label) for row in classified.rows]


def compared(found: Sequence[Classified], models: Sequence[ModelInfo] = ()) -> str:
    """A table of models side by side: a row for each category that one of them gives or has among its first five.

    `models` say what those found are called.
    """
    if not found:
        return '<p class="note">Choose one model or more.</p>'
    by_model = [{row.label: row for row in each.rows} for each in found]
    shown = {row.label for each in found for row in shown_rows(each.rows, None)}
    labels = sorted(shown, key=lambda label: -max(rows[label].probability for rows in by_model if label in rows))
    names = {row.label: row.name for each in found for row in each.rows}
    called = {name: shown for shown, name in choices(models)}
    heads = "".join(f'<th scope="col">{_model(each.model, called)}</th>' for each in found)
    lines = "".join(
        f'<tr><th scope="row"><b>{escape(label)}</b> <span>{escape(names[label])}</span></th>'
        f"{''.join(_cell(rows.get(label)) for rows in by_model)}</tr>"
        for label in labels
    )
    warnings = dict.fromkeys(warning for each in found for warning in each.warnings)
    table = f'<table class="compare"><thead><tr><td></td>{heads}</tr></thead><tbody>{lines}</tbody></table>'
    return _warned(tuple(warnings)) + _scrolled("Models side by side", table)


def _scrolled(label: str, table: str) -> str:
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{table}</div>'


def _model(name: str, called: Mapping[str, str]) -> str:
    kind, _, version = name.partition("/")
    short = called.get(name, name).partition("/")[0] or kind
    return f"{escape(short)} <span>{escape(version)}</span>"


def _cell(row: CategoryRow | None) -> str:
    if row is None:
        return '<td class="below">does not know it</td>'
    kind, said = ("passes", "given") if _passes(row, None) else ("below", "not given")
    number = f'<em>{row.probability * 100:.1f} %<i class="hidden">, {said}</i></em>'
    return f'<td class="bar {kind}">{number}{_track(row, None)}</td>'


def neighbours(found: Sequence[Neighbour] | None) -> str:
    """Similar papers, with links to arXiv where an identifier is one of its."""
    if found is None:
        return '<p class="note">There is no index of papers. `arxiv-classifier index` makes one.</p>'
    lines = [
        f'<li><p>{_link(each)}</p><p class="note">{escape(" ".join(each.categories))} '
        f'<span class="right">similarity <b>{each.similarity:.2f}</b></span></p></li>'
        for each in found
    ]
    return f'<ol class="similar">{"".join(lines)}</ol>'


_ARXIV = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})(v\d+)?")


def _link(paper: Neighbour) -> str:
    title = escape(paper.title or paper.id or "(no title)")
    if not _ARXIV.fullmatch(paper.id):
        return title
    return f'<a href="https://arxiv.org/abs/{escape(paper.id)}" rel="noreferrer" target="_blank">{title}</a>'


def problem(message: str) -> str:
    """Returns an error message as HTML."""
    return f'<div class="problem" role="alert">{escape(message)}</div>'


def batch_summary(given: Sequence[Given], bad: Sequence[BadRecord], *, of: int) -> str:
    """Returns a note: how many of `of` papers were classified, their warnings, and the records that were left out."""
    count = len(given)
    done = f"{_counted(count, 'paper')} classified."
    stopped = f"Stopped after {count:,} of {_counted(of, 'paper')}."
    counts = Counter(warning for each in given for warning in each.warnings)
    warned = _warned([f"{_counted(number, 'paper')}: {warning}" for warning, number in counts.items()])
    said = f'<p class="note" role="status">{done if count == of else stopped}</p>{warned}'
    if not bad:
        return said
    were = "was" if len(bad) == 1 else "were"
    first = f"The first, line {bad[0].line}: {bad[0].reason}"
    return said + problem(f"{_counted(len(bad), 'record')} could not be read and {were} left out. {first}")


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def batch_table(papers: Sequence[Paper], given: Sequence[Given]) -> str:
    """A table with a line for each paper: its id or number, title or first words, and categories with probabilities."""
    lines = "".join(
        f'<tr><th scope="row">{escape(paper.id or str(number))}</th><td>{escape(_head(paper))}</td>'
        f"<td>{' '.join(f'<span><b>{escape(label)}</b> {p:.2f}</span>' for label, p in row.labels)}</td></tr>"
        for number, (paper, row) in enumerate(zip(papers, given, strict=True), start=1)
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Paper", "Title", "Categories"))
    table = f'<table class="batch"><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>'
    return _scrolled("The first papers", table)


def _head(paper: Paper) -> str:
    text = " ".join((paper.title or paper.abstract).split())
    return text if len(text) <= _HEAD else f"{text[: _HEAD - 1]}\N{HORIZONTAL ELLIPSIS}"
