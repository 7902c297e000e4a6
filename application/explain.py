"""Explains probabilities, exactly if the classifier's logits can be split, else by leaving words out."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from application.calibration.platt_scaling import negated_logits
from application.models.composite import Table
from application.predictions.occlusion import Variant, occluded
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.checkpoint import Checkpoint, go_on
from domain.explanation import Explanation, Span, TermContribution
from domain.label import Label
from domain.ports.classifier import Classifier
from domain.ports.explainer import Attributor, Explainer

Floats = NDArray[np.float64]
Terms = Sequence[tuple[str, tuple[Span, ...]]]
_WORD = re.compile(r"\w+(?:[-'^]\w+)*")
# Replaces a word that is left out.
_GAP = " "
_NOTHING = "."
# The number of variants of a paper that are predicted at once. A minilm takes 0.1 s for them on two cores.
_VARIANTS_AT_ONCE = 8


class CalibratedExplainer(Explainer):
    """The contributions to the raw logits, transformed by the calibration, which is linear in them."""

    def __init__(self, attributor: Attributor, calibration: Calibration) -> None:
        self._attributor = attributor
        self._matrix = np.diag(calibration.slopes)
        if calibration.mixing:
            self._matrix = self._matrix + np.array(calibration.mixing)
        self._intercepts = np.array(calibration.intercepts)

    @override
    def explain(
        self, abstract: Abstract, categories: Sequence[Label], *, checkpoint: Checkpoint = go_on
    ) -> tuple[Explanation, ...]:
        checkpoint()
        attribution = self._attributor.attribute(abstract, checkpoint=checkpoint)
        checkpoint()
        rows = self._matrix[[attribution.taxonomy.column(category) for category in categories]]
        contributions = np.asarray(attribution.contributions) @ rows.T
        bases = (np.asarray(attribution.base) @ rows.T)[0]
        bases += self._intercepts[[attribution.taxonomy.column(category) for category in categories]]
        terms = list(zip(attribution.terms, attribution.spans, strict=True))
        return tuple(
            Explanation(
                category,
                attribution.method,
                additive=True,
                logit=float(base + column.sum()),
                base=float(base),
                terms=_sorted_terms(terms, column),
            )
            for category, column, base in zip(categories, contributions.T, bases, strict=True)
        )


class OcclusionExplainer(Explainer):
    """The decrease of a calibrated classifier's logits when a word is left out everywhere (Zeiler and Fergus 2014).

    Its terms are the words that the classifier, or a part of it, reads. Each part reads the paper once, and once more
    for each distinct word that it reads.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    @override
    def explain(
        self, abstract: Abstract, categories: Sequence[Label], *, checkpoint: Checkpoint = go_on
    ) -> tuple[Explanation, ...]:
        columns = [self._classifier.taxonomy.column(category) for category in categories]
        checkpoint()
        terms, logits, lost = self._lost(abstract, columns, checkpoint)
        return tuple(
            Explanation(
                category,
                "occlusion",
                additive=False,
                logit=float(logits[number]),
                base=0.0,
                terms=_sorted_terms(terms, lost[:, number]),
            )
            for number, category in enumerate(categories)
        )

    def _lost(self, abstract: Abstract, columns: Sequence[int], checkpoint: Checkpoint) -> tuple[Terms, Floats, Floats]:
        """Returns the terms, the paper's logits, and their decrease without each term, shape (terms, columns)."""
        words = word_spans(abstract)
        asked = occluded(self._classifier, abstract, words, checkpoint)
        terms = [(word, spans) for word, spans in words.items() if word in asked.words]
        logits = _logits(asked.whole)[0, columns]
        lost = np.empty((len(terms), len(columns)))
        for start in range(0, len(terms), _VARIANTS_AT_ONCE):
            checkpoint()
            part = terms[start : start + _VARIANTS_AT_ONCE]
            variants = [Variant(word, _left_out(abstract, spans)) for word, spans in part]
            lost[start : start + len(part)] = logits - _logits(asked.probabilities(variants))[:, columns]
        return terms, logits, lost


def _logits(probabilities: Table) -> Floats:
    return -negated_logits(probabilities).astype(np.float64)


def _sorted_terms(terms: Terms, values: Floats) -> tuple[TermContribution, ...]:
    order = np.argsort(-np.abs(values), kind="stable")
    return tuple(TermContribution(terms[n][0], float(values[n]), terms[n][1]) for n in order.tolist())


def word_spans(abstract: Abstract) -> dict[str, tuple[Span, ...]]:
    """Returns the distinct words of title and abstract, lower-cased in order of first appearance, with their spans."""
    found: dict[str, list[Span]] = {}
    for field, text in (("title", abstract.title or ""), ("abstract", abstract.text)):
        for match in _WORD.finditer(text):
            found.setdefault(match.group().lower(), []).append(Span(field, match.start(), match.end()))
    return {word: tuple(spans) for word, spans in found.items()}


def _left_out(abstract: Abstract, spans: Sequence[Span]) -> Abstract:
    title, text = (
        _without(value, [span for span in spans if span.field == field])
        for field, value in (("title", abstract.title), ("abstract", abstract.text))
    )
    kept = text if text and not text.isspace() else _NOTHING
    return Abstract(kept, title, max_characters=max(len(kept), len(title or "")), month=abstract.month)


def _without(text: str | None, spans: Sequence[Span]) -> str | None:
    if text is None or not spans:
        return text
    pieces, at = [], 0
    for span in spans:
        pieces.append(text[at : span.start])
        at = span.end
    return _GAP.join([*pieces, text[at:]])
