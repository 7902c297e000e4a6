"""The advice on a paper as HTML: the answer in words, with a button that copies it."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from domain.category import Category
from domain.label import LabelSet, in_one_cell
from entrypoints.demo.backend import Advised, AdvisedRow, Classified

WAITING = '<p class="note" role="status">Working out the answer&hellip;</p>'
_VERDICTS = {
    "keep": "Keep {}",
    "add": "Add {}",
    "drop": "Drop {}",
    "swap": "Make {} the primary category",
    "no opinion": "No opinion on {}",
}


def advised(found: Mapping[str, Any]) -> Advised:
    """Returns advice from JSON-ready values, as the API and `entrypoints.advice` give them."""
    primary = found["primary"]
    return Advised(
        found["answer"],
        None if primary is None else _row(primary),
        tuple(map(_row, found["cross_lists"])),
        tuple(_opinion(each) for each in found["opinion"]),
        tuple(found["warnings"]),
    )


def _row(found: Mapping[str, Any]) -> AdvisedRow:
    return AdvisedRow(found["category"], found["name"], found["probability"], tuple(found["reasons"]))


def _opinion(found: Mapping[str, Any]) -> str:
    return f"{_VERDICTS[found['verdict']].format(found['category'])}. {found['reason']}"


def answer(found: Advised, asked: Mapping[str, str]) -> str:
    """Returns the advice as HTML. `asked` is the request, for a link and to notice that the boxes were edited."""
    lines = [_line("Primary", [found.primary])] if found.primary else [f'<p class="say">{escape(found.answer)}</p>']
    if found.primary:
        lines.append(
            _line("Cross-list", found.cross_lists) if found.cross_lists else '<p class="say">No cross-list.</p>'
        )
    lines += [f'<p class="note warning" role="status">{escape(each)}</p>' for each in found.warnings]
    if found.opinion:
        told = "".join(f"<li>{escape(each)}</li>" for each in found.opinion)
        lines.append(f'<p class="of">On the categories chosen</p><ul class="opinion">{told}</ul>')
    return _section("".join(lines), found.answer, asked)


def most_probable(classified: Classified, asked: Mapping[str, str]) -> str:
    """Returns the labels that reach their thresholds, or the most probable one, as HTML.

    Models of other labels answer so.
    """
    given = [row.label for row in classified.rows if row.probability >= row.threshold]
    given = given or [row.label for row in classified.rows[:1]]
    said = in_one_cell(given, LabelSet.ARXIV if all(map(Category.has_form, given)) else LabelSet.OWN)
    listed = ", ".join(f"<b>{escape(label)}</b>" for label in given)
    return _section(f'<p class="say">Most probable: {listed}</p>', said, asked)


def _line(what: str, rows: Sequence[AdvisedRow]) -> str:
    told = ", ".join(f"<b>{escape(row.label)}</b> <span>{escape(row.name)}</span>" for row in rows)
    words = "".join(_words(row, several=len(rows) > 1) for row in rows)
    return f'<p class="say">{what}: {told}</p>{words}'


def _words(row: AdvisedRow, *, several: bool) -> str:
    if not row.words:
        return ""
    listed = ", ".join(f"<i>{escape(word)}</i>" for word in row.words)
    what = f"For {escape(row.label)}" if several else "Words for it"
    return f'<p class="note">{what}: {listed}</p>'


def _section(body: str, copied: str, asked: Mapping[str, str]) -> str:
    data = escape(json.dumps(asked, ensure_ascii=False))
    buttons = (
        f'<button type="button" class="copy" data-copy="{escape(copied)}">Copy</button>'
        '<button type="button" class="copy link">Copy link to this query</button>'
    )
    old = '<p class="old-note" role="status"></p>'
    return (
        f'<section class="answer" aria-label="Answer" data-asked="{data}">{old}{body}'
        f'<div class="buttons">{buttons}</div></section>'
    )
