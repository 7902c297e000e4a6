"""An explainer for which every word says the same whatever stands around it."""

import re
import zlib
from collections.abc import Sequence

from typing_extensions import override

from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.explanation import Explanation, Span, TermContribution
from domain.label import Label
from domain.ports.explainer import Explainer
from domain.taxonomy import Taxonomy

_BASE = -2.0


class FakeExplainer(Explainer):
    """Gives each word a contribution between -1 and 1 that depends on it and the category alone."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy

    @override
    def explain(
        self, abstract: Abstract, categories: Sequence[Label], *, checkpoint: Checkpoint = go_on
    ) -> tuple[Explanation, ...]:
        columns = [self._taxonomy.column(category) for category in categories]
        checkpoint()
        return tuple(self._one(abstract, column) for column in columns)

    def _one(self, abstract: Abstract, column: int) -> Explanation:
        terms = [
            TermContribution(word, zlib.crc32(f"{word} {column}".encode("utf-8", "replace")) / 2**31 - 1, tuple(spans))
            for word, spans in _words(abstract).items()
        ]
        terms.sort(key=lambda term: -abs(term.contribution))
        logit = _BASE + sum(term.contribution for term in terms)
        category = self._taxonomy.categories[column]
        return Explanation(category, "fake", additive=True, logit=logit, base=_BASE, terms=tuple(terms))


def _words(abstract: Abstract) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for field, text in (("title", abstract.title or ""), ("abstract", abstract.text)):
        for match in re.finditer(r"\w+", text):
            found.setdefault(match.group(), []).append(Span(field, match.start(), match.end()))
    return found
