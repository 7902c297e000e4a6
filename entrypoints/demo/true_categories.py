"""A paper's true categories, shown as HTML beside the predicted ones."""

from collections.abc import Mapping
from html import escape

from entrypoints.demo.backend import CategoryRow, Classified, Paper


def roles(paper: Paper) -> dict[str, str]:
    """Returns the role of each true category of a paper, the primary first. It is empty if they are not known."""
    return {label: "cross-list" if number else "primary" for number, label in enumerate(paper.categories)}


def true_note(paper: Paper, classified: Classified, passing: frozenset[str]) -> str:
    """Returns a line with the paper's true categories, and for each whether it is predicted; empty without any."""
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
