"""The content of the page as HTML and rows. Making it requires no library of pages."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from entrypoints.demo.backend import CategoryRow, Classified, ModelInfo, Neighbour, Paper
from entrypoints.demo.batch import Row
from entrypoints.demo.true_categories import roles, true_note
from entrypoints.demo.twins import merged
from entrypoints.purposes import purpose_of

_COMPARED = 5
_AT_FIRST = 10
_HEAD = 90


def shown_rows(rows: Sequence[CategoryRow], threshold: float | None, *, least: int = _AT_FIRST) -> list[CategoryRow]:
    """Returns the categories that reach the threshold, or their own for None, and some others for comparison."""
    passing = [number for number, row in enumerate(rows, start=1) if _passes(row, threshold)]
    return list(rows[: max([least, *passing])])


def bars(classified: Classified, threshold: float | None, paper: Paper | None = None) -> str:
    """Returns a bar for each category, with its threshold. Categories that pass are highlighted, also in words.

    Ten bars are drawn, or more if more categories pass, and the others are folded. The description of a category
    unfolds under its bar. The true categories of a `paper` are marked and listed. Twins share a bar.
    """
    true = roles(paper) if paper else {}
    rows = merged(classified.rows)
    lines = [_bar(row, threshold, true.get(row.label) or true.get(row.alias, "")) for row in rows]
    count = len(shown_rows(rows, threshold))
    passing = frozenset(row.label for row in classified.rows if _passes(row, threshold))
    ruled = any(row.given is not None for row in classified.rows)
    summary = f"{len(passing)} of {len(classified.rows)} categories {'given' if ruled else 'at or above the threshold'}"
    key = "" if ruled else '<span class="key"></span> threshold'
    note = f'<p class="note" role="status">{summary} <span class="right">{key}</span></p>'
    said = _warned(classified.warnings) + (true_note(paper, classified, passing) if paper else "")
    return f"{said}{note}{_listed(lines[:count])}{_folded(lines[count:])}"


def _listed(lines: Sequence[str], label: str = "Categories") -> str:
    return f'<ul class="bars" aria-label="{label}">{"".join(lines)}</ul>'


def _folded(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    more = f"{len(lines)} less probable {'category' if len(lines) == 1 else 'categories'}"
    return f'<details class="rest"><summary>{more}</summary>{_listed(lines, "Less probable categories")}</details>'


def _warned(warnings: Sequence[str]) -> str:
    return "".join(f'<p class="note warning" role="status">{escape(warning)}</p>' for warning in warnings)


def _passes(row: CategoryRow, threshold: float | None) -> bool:
    if row.given is not None:
        return row.given
    return row.probability >= (row.threshold if threshold is None else threshold)


def _bar(row: CategoryRow, threshold: float | None, role: str = "") -> str:
    kind, said = ("passes", "given") if _passes(row, threshold) else ("below", "not given")
    true = f' <i class="role">{role}</i>' if role else ""
    head = (
        f'<div class="head"><b>{escape(_labels(row))}</b> <span>{escape(row.name)}</span>{true}'
        f'<em>{row.probability * 100:.1f} %<i class="hidden">, {said}</i></em></div>{_track(row, threshold)}'
    )
    if not row.description:
        return f'<li class="bar {kind}">{head}</li>'
    told = f"<details><summary>{head}</summary><p>{escape(row.description)}</p></details>"
    return f'<li class="bar {kind}">{told}</li>'


def _labels(row: CategoryRow) -> str:
    return f"{row.label}, {row.alias}" if row.alias else row.label


def _track(row: CategoryRow, threshold: float | None) -> str:
    cut = min(max(row.threshold if threshold is None else threshold, 0.0), 1.0)
    mark = f'<div class="cut" style="left:{cut * 100:.1f}%" title="threshold {cut:.2f}"></div>'
    fill = f'<div class="fill" style="width:{row.probability * 100:.1f}%"></div>'
    return f'<div class="track">{fill}{mark if row.given is None else ""}</div>'


def choices(models: Sequence[ModelInfo]) -> list[tuple[str, str]]:
    """Returns the label and the name of each model that can be chosen.

    The label of a shipped model is its purpose. Every label has the short name and the number of categories.
    """
    return [(_offer(model, called), model.name) for called, model in zip(short_names(models), models, strict=True)]


def _offer(model: ModelInfo, called: str) -> str:
    count = len(model.labels)
    known = f"{count} {'category' if count == 1 else 'categories'}" if count else ""
    purpose = purpose_of(model.shipped_as)
    said = ", ".join(filter(None, (called if purpose else "", known)))
    first = f"{purpose[0].upper()}{purpose[1:]}" if purpose else called
    return f"{first} ({said})" if said else first


def short_names(models: Sequence[ModelInfo]) -> list[str]:
    """Returns the short name of each model: that of a shipped one, else its kind.

    Models of one kind have their full names.
    """
    short = [model.shipped_as or model.name.partition("/")[0] for model in models]
    return [called if short.count(called) == 1 else model.name for called, model in zip(short, models, strict=True)]


def known_categories(model: ModelInfo) -> str:
    """Returns the categories that a model knows, folded, as HTML."""
    if not model.labels:
        return ""
    listed = ", ".join(map(escape, model.labels))
    summary = f"The {len(model.labels)} categories that it knows"
    return f'<details class="known"><summary>{summary}</summary><p>{listed}</p></details>'


def category_choices(classified: Classified) -> list[tuple[str, str]]:
    """Returns the text and the label of each category that can be chosen, most probable first. Twins are one choice."""
    return [(f"{_labels(row)} {row.name}".strip(), row.label) for row in merged(classified.rows)]


def compared(found: Sequence[Classified], models: Sequence[ModelInfo] = ()) -> str:
    """Returns a table of models side by side.

    It has a row for each category that one of them gives or ranks among its first five. `models` are the names of the
    columns.
    """
    if not found:
        return '<p class="note">Choose one model or more.</p>'
    by_model = [{row.label: row for row in each.rows} for each in found]
    shown = {row.label for each in found for row in shown_rows(each.rows, None, least=_COMPARED)}
    labels = sorted(shown, key=lambda label: -max(rows[label].probability for rows in by_model if label in rows))
    names = {row.label: row.name for each in found for row in each.rows}
    called = dict(zip((model.name for model in models), short_names(models), strict=True))
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
    """Returns similar papers. Those with an arXiv identifier are links."""
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


def batch_summary(rows: Sequence[Row], *, of: int) -> str:
    """Returns a note on how many of `of` records were classified, their warnings, and those that could not be read.

    It is an alert if most of the file's records could not be read.
    """
    bad = [row for row in rows if row.error]
    count = len(rows) - len(bad)
    done = f"{_counted(count, 'paper')} classified."
    stopped = f"Stopped after {len(rows):,} of {_counted(of, 'record')}."
    counts = Counter(warning for row in rows for warning in row.given.warnings)
    warned = _warned([f"{_counted(number, 'paper')}: {warning}" for warning, number in counts.items()])
    said = f'<p class="note" role="status">{done if len(rows) == of else stopped}</p>{warned}'
    if not bad:
        return said
    first = f"The first, row {bad[0].number}: {bad[0].error}"
    told = f"{_counted(len(bad), 'record')} could not be read. The results keep the reason. {first}"
    return said + (problem(told) if len(bad) > count else _warned([told]))


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def batch_table(rows: Sequence[Row]) -> str:
    """Returns a table of the records: number, id, title or first words, and categories or the reason for none."""
    lines = "".join(
        f'<tr><th scope="row">{row.number}</th><td>{escape(row.paper.id)}</td><td>{escape(_head(row.paper))}</td>'
        f"<td>{_given(row)}</td></tr>"
        for row in rows
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Row", "Id", "Title", "Categories"))
    table = f'<table class="batch"><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>'
    return _scrolled("The first papers", table)


def _given(row: Row) -> str:
    if row.error:
        return f'<i class="failed">{escape(row.error)}</i>'
    return " ".join(f"<span><b>{escape(label)}</b> {p:.2f}</span>" for label, p in row.given.labels)


def _head(paper: Paper) -> str:
    text = " ".join((paper.title or paper.abstract).split())
    return text if len(text) <= _HEAD else f"{text[: _HEAD - 1]}\N{HORIZONTAL ELLIPSIS}"
