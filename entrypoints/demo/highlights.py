"""A paper as HTML, with the words highlighted that speak for and against a category."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from entrypoints.demo.backend import Paper, Reasons, Word

WAITING = '<p class="note" role="status">Looking for the words that matter&hellip;</p>'
_CLOSED = "arXiv did not have this category in the month of the paper, so its probability is 0 whatever the words."
_FAINTEST = 0.15


def highlighted(paper: Paper, reasons: Reasons | None) -> str:
    """Returns title and abstract with marked words, their contributions, and the method of the explanation."""
    if reasons is not None and reasons.logit is None:
        return f'<p class="note">{_CLOSED}</p>'
    if reasons is None or not reasons.words:
        return '<p class="note">None of these words says anything of this category.</p>'
    title, abstract = (
        _stretches(field, text, reasons.words) for field, text in (("title", paper.title), ("abstract", paper.abstract))
    )
    most = max((abs(value) for *_, value in [*title, *abstract]), default=0.0) or 1.0
    parts = [f'<p class="title">{_marked(paper.title, title, most)}</p>'] if paper.title.strip() else []
    parts.append(f"<p>{_marked(paper.abstract, abstract, most)}</p>")
    lists = _list("for", [word for word in reasons.words if word.contribution > 0], reasons)
    lists += _list("against", [word for word in reasons.words if word.contribution <= 0], reasons)
    return f'<div class="words">{"".join(parts)}<div class="sides">{lists}</div>{_note(reasons)}</div>'


def _stretches(field: str, text: str, words: Sequence[Word]) -> list[tuple[int, int, float]]:
    """Returns stretches of text, each with the sum of the contributions of the words and pairs that cover it."""
    places = [(start, end, word.contribution) for word in words for start, end in _places(field, text, word)]
    edges = sorted({edge for start, end, _ in places for edge in (start, end)})
    found = []
    for start, end in pairwise(edges):
        over = [value for first, last, value in places if first <= start and end <= last]
        if over:
            found.append((start, end, sum(over)))
    return found


def _places(field: str, text: str, word: Word) -> Iterator[tuple[int, int]]:
    """Returns the places of a term. If they are not known, they are all places where its words are adjacent."""
    if word.spans:
        yield from ((span.start, span.end) for span in word.spans if span.field == field)
        return
    pattern = r"[\W_]+".join(re.escape(part) for part in word.term.split())
    for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE) if pattern else ():
        yield match.span()


def _marked(text: str, stretches: Sequence[tuple[int, int, float]], most: float) -> str:
    at, pieces = 0, []
    for start, end, value in stretches:
        strength = round(_FAINTEST + (1 - _FAINTEST) * abs(value) / most, 2)
        pieces.append(escape(text[at:start]))
        pieces.append(
            f'<mark class="{_side(value)}" style="--s:{strength}" title="{value:+.2f}">{escape(text[start:end])}</mark>'
        )
        at = end
    return "".join([*pieces, escape(text[at:])])


def _side(value: float) -> str:
    return "for" if value > 0 else "against"


def _list(side: str, words: Sequence[Word], reasons: Reasons) -> str:
    most = max(abs(word.contribution) for word in reasons.words) or 1.0
    entries = "".join(
        f'<li style="--w:{abs(word.contribution) / most * 100:.0f}%"><b>{escape(word.term)}</b> '
        f"<span>{word.contribution:+.2f}</span></li>"
        for word in words
    )
    body = f"<ul>{entries}</ul>" if words else '<p class="note">none of weight</p>'
    return f'<section class="{side}" aria-label="Words {side}"><p class="side">{side}</p>{body}</section>'


def _note(reasons: Reasons) -> str:
    method = escape(reasons.method.replace("_", " "))
    if reasons.base is None or reasons.logit is None:
        return _folded(f"Method: {method}, what the logit loses without the word. The numbers do not add up.")
    shown = sum(word.contribution for word in reasons.words)
    parts = f"{reasons.base:.2f} without words, {shown:+.2f} by these, {reasons.others:+.2f} by others"
    return _folded(f"Method: {method}. Logit {reasons.logit:.2f}: {parts}.")


def _folded(told: str) -> str:
    return f'<details class="method"><summary>How these words were found</summary><p>{told}</p></details>'
