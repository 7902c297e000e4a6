"""What the page shows, as HTML and rows; no library of pages is needed to make or test it."""

import re
from collections.abc import Sequence
from html import escape

from domain.ports.dataset import BadRecord
from entrypoints.demo.backend import CategoryRow, Classified, Neighbour, Word

_LEAST_SHOWN = 5


def shown_rows(rows: Sequence[CategoryRow], threshold: float | None) -> list[CategoryRow]:
    """The categories to draw: those from the threshold on, for None those from their own; some more for comparison."""
    chosen = [row for row in rows if row.probability >= (row.threshold if threshold is None else threshold)]
    return list(rows[: max(len(chosen), _LEAST_SHOWN)])


def bars(classified: Classified, threshold: float | None) -> str:
    """A bar for each category, with its threshold drawn; those that pass stand out, in words too."""
    lines = [
        _bar(row, row.threshold if threshold is None else threshold) for row in shown_rows(classified.rows, threshold)
    ]
    passed = sum(row.probability >= (row.threshold if threshold is None else threshold) for row in classified.rows)
    summary = f"{passed} of {len(classified.rows)} categories at or above the threshold"
    listed = f'<div class="bars" role="list" aria-label="{summary}">{"".join(lines)}</div>'
    return f'{listed}<p class="note">{summary}. {escape(classified.model)}</p>'


def _bar(row: CategoryRow, cut: float) -> str:
    passes = row.probability >= cut
    kind, said = ("passes", "given") if passes else ("below", "not given")
    percent, at = f"{row.probability * 100:.1f}", f"{min(max(cut, 0.0), 1.0) * 100:.1f}"
    tip = escape(row.description or row.name)
    return (
        f'<div class="bar {kind}" role="listitem" title="{tip}">'
        f'<div class="head"><b>{escape(row.label)}</b> <span>{escape(row.name)}</span>'
        f'<em>{percent} %<i class="hidden">, {said}</i></em></div>'
        f'<div class="track"><div class="fill" style="width:{percent}%"></div>'
        f'<div class="cut" style="left:{at}%" title="threshold {cut:.2f}"></div></div></div>'
    )


def highlighted(title: str, abstract: str, words: Sequence[Word], method: str) -> str:
    """Title and abstract with the words that speak for a category in one colour and those against it in another."""
    if not words:
        return '<p class="note">No words to show.</p>'
    most = max(abs(word.contribution) for word in words) or 1.0
    parts = [f"<h4>{_marked(title, words, most)}</h4>"] if title.strip() else []
    parts.append(f"<p>{_marked(abstract, words, most)}</p>")
    legend = '<span class="for">for</span> <span class="against">against</span>'
    note = (
        f'<p class="note">{legend} &middot; change of the logit &middot; method: {escape(method.replace("_", " "))}</p>'
    )
    return f'<div class="words">{"".join(parts)}{_list(words)}{note}</div>'


def _list(words: Sequence[Word]) -> str:
    entries = "".join(
        f'<li class="{_side(word)}"><b>{escape(word.term)}</b> {word.contribution:+.2f}</li>' for word in words
    )
    return f"<ul>{entries}</ul>"


def _side(word: Word) -> str:
    return "for" if word.contribution > 0 else "against"


def _marked(text: str, words: Sequence[Word], most: float) -> str:
    found, at, pieces = _places(text, words), 0, []
    for start, end, word in found:
        strength = round(0.15 + 0.75 * abs(word.contribution) / most, 2)
        pieces.append(escape(text[at:start]))
        pieces.append(
            f'<mark class="{_side(word)}" style="--s:{strength}" title="{word.contribution:+.2f}">'
            f"{escape(text[start:end])}</mark>"
        )
        at = end
    return "".join([*pieces, escape(text[at:])])


def _places(text: str, words: Sequence[Word]) -> list[tuple[int, int, Word]]:
    """Where terms stand, those with the largest contributions first to claim their characters."""
    taken: list[tuple[int, int, Word]] = []
    for word in sorted(words, key=lambda each: -abs(each.contribution)):
        pattern = r"[\W_]+".join(re.escape(part) for part in word.term.split())
        for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE):
            if all(match.end() <= start or end <= match.start() for start, end, _ in taken):
                taken.append((match.start(), match.end(), word))
    return sorted(taken, key=lambda place: place[:2])


def compared(found: Sequence[Classified]) -> str:
    """Models side by side, a column each."""
    columns = "".join(f"<section><h4>{escape(each.model)}</h4>{bars(each, None)}</section>" for each in found)
    return f'<div class="compare">{columns}</div>' if found else '<p class="note">Choose one model or more.</p>'


def neighbours(found: Sequence[Neighbour] | None) -> str:
    """Similar papers, with links to arXiv where an identifier is one of its."""
    if found is None:
        return '<p class="note">There is no index of papers. `arxiv-classifier index` makes one.</p>'
    lines = [
        f"<li><b>{each.similarity:.2f}</b> {_link(each)} <span>{escape(' '.join(each.categories))}</span></li>"
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
    """What went wrong, for whoever sent it."""
    return f'<div class="problem" role="alert">{escape(message)}</div>'


def batch_summary(count: int, bad: Sequence[BadRecord]) -> str:
    """How many papers were classified, and which records were left out."""
    said = f'<p class="note">{count:,} papers classified.</p>'
    if not bad:
        return said
    first = f"{len(bad):,} records could not be read and were left out. The first, line {bad[0].line}: {bad[0].reason}"
    return said + problem(first)


def batch_table(ids: Sequence[str], given: Sequence[Sequence[tuple[str, float]]]) -> list[list[str]]:
    """A row for each paper: its id or number, its categories, their probabilities."""
    return [
        [id_ or str(number), " ".join(label for label, _ in row), " ".join(f"{p:.4f}" for _, p in row)]
        for number, (id_, row) in enumerate(zip(ids, given, strict=True), start=1)
    ]
