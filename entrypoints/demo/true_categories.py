"""What the page shows of a paper's true categories, beside the predicted ones, as HTML."""

from collections.abc import Mapping
from html import escape

from entrypoints.demo.backend import CategoryRow, Classified, Paper


def roles(paper: Paper) -> dict[str, str]:
    """What each true category of a paper is to it, the primary one first; none where they are not known."""
    return {label: "cross-list" if number else "primary" for number, label in enumerate(paper.categories)}


def true_note(paper: Paper, classified: Classified, passing: frozenset[str]) -> str:
    """A line with the paper's true categories, and of each whether it is given; empty where they are not known."""
    if not paper.categories:
        return ""
    known = {row.label: row for row in classified.rows}
    said = ", ".join(_said(label, role, known, passing) for label, role in roles(paper).items())
    day = f", submitted {escape(paper.date)}," if paper.date else ""
    address = f"https://arxiv.org/abs/{escape(paper.id)}"
    link = f'<a href="{address}" rel="noreferrer" target="_blank">{escape(paper.id)}</a>'
    return f'<p class="note true">True categories of {link}{day} on arXiv: {said}</p>'


def _said(label: str, role: str, known: Mapping[str, CategoryRow], passing: frozenset[str]) -> str:
    if label not in known:
        fate = "this model does not know it"
    else:
        fate = "given" if label in passing else f"not given, {known[label].probability * 100:.1f} %"
    return f"<b>{escape(label)}</b> ({role}; {fate})"
