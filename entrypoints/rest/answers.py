"""Makes answers in JSON from predictions, vectors and similar papers."""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from typing_extensions import override

from application.predict import Predict, PredictedBatch
from application.predictions.selection import Selection
from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.errors import InvalidInputError
from domain.explanation import Explanation
from domain.label import Label
from domain.model_bundle import StoredModel
from domain.ports.classifier import Classifier
from domain.ports.embedder import Embedder
from domain.ports.explainer import Explainer
from domain.prediction import PredictionBatch
from domain.similar_paper import SimilarPaper
from domain.taxonomy import Taxonomy
from entrypoints.rest import metrics
from entrypoints.rest.http.gil_turns import turn_given_up
from entrypoints.rest.http.problems import FieldError, invalid
from entrypoints.rest.http.request_work import Work
from entrypoints.rest.models.reloading_model import ServedModel
from entrypoints.rest.requests import Item, Request
from entrypoints.rest.tracing import span

AT_ONCE = 32
SLOW_AT_ONCE = 4  # as many lines of a stream are sent at once
_CHARACTERS_AT_ONCE = 50_000  # which a baseline reads in some milliseconds
# Kinds that read 32 abstracts in a few milliseconds: others would wait longer for their turn back than for these.
QUICK = frozenset({"baseline"})
_TERMS = 10
Answer = dict[str, Any]
# Hears of the predictions of some abstracts and of how many seconds they took.
OnPredicted = Callable[[Sequence[Abstract], PredictionBatch, float], None]


class _InTurn(Classifier):
    """A model that reports its predictions. A slow one lets other threads run while it predicts."""

    def __init__(self, served: ServedModel, on_predicted: OnPredicted | None) -> None:
        self._classifier = served.model.classifier
        self._model = served.model.stored.name
        self._quick = served.model.stored.card.kind in QUICK
        self._on_predicted = on_predicted

    @property
    @override
    def taxonomy(self) -> Taxonomy:
        return self._classifier.taxonomy

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        with nullcontext() if self._quick else turn_given_up():
            started = time.perf_counter()
            with span("predict", model=self._model, abstracts=len(abstracts)):
                batch = self._classifier.predict(abstracts, checkpoint=checkpoint)
            seconds = time.perf_counter() - started  # without the wait for the turn back
        if self._on_predicted is not None:
            self._on_predicted(abstracts, batch, seconds)
        return batch


class _OneOfFew(Explainer):
    """An explainer that waits while the limit of explanations at a time is reached."""

    def __init__(self, explainer: Explainer, work: Work) -> None:
        self._explainer = explainer
        self._work = work

    @override
    def explain(
        self, abstract: Abstract, categories: Sequence[Label], *, checkpoint: Checkpoint = go_on
    ) -> tuple[Explanation, ...]:
        with self._work.explaining(), turn_given_up(), span("explain", categories=len(categories)):
            return self._explainer.explain(abstract, categories, checkpoint=checkpoint)


def predictions(
    abstracts: Sequence[Abstract],
    request: Request,
    served: ServedModel,
    work: Work,
    on_predicted: OnPredicted | None = None,
) -> list[Answer]:
    """Returns the categories of each abstract, most probable first, and its warnings if it has any."""
    card = served.model.stored.card
    terms = _TERMS if request.explain else 0
    selection = selected(request, served.model.stored, terms)
    predict = Predict(_InTurn(served, on_predicted), lambda: _OneOfFew(served.explainer, work))
    found = predict(abstracts, selection, checkpoint=work.check)
    answers: list[Answer] = [{"predictions": row} for row in _rows(found, card.kind)]
    for number, warnings in found.warnings.items():
        answers[number]["warnings"] = [{"code": each.value, "message": each.sentence} for each in warnings]
    return answers


def selected(request: Request, stored: StoredModel, terms: int = 0) -> Selection:
    """Returns the selection of a request. Raises ProblemError for a policy or coverage that the model lacks."""
    try:
        return Selection.of_model(
            stored,
            threshold=request.threshold,
            top_k=request.top_k,
            policy=request.policy,
            coverage=request.coverage,
            terms=terms,
        )
    except InvalidInputError as error:
        field = "coverage" if request.coverage is not None else "policy"
        raise invalid([FieldError(field, str(error))]) from error


def _rows(found: PredictedBatch, kind: str) -> list[list[Answer]]:
    chosen = found.chosen
    categories, columns, ends = chosen.taxonomy.categories, chosen.columns.tolist(), chosen.offsets.tolist()
    labels = {column: str(categories[column]) for column in columns}
    rounded = np.round(np.asarray(chosen.probabilities, dtype=np.float64), 4).tolist()
    for column, label in labels.items():
        metrics.labelled(metrics.PREDICTIONS, kind, label).inc(columns.count(column))
    rows = [
        [{"label": labels[columns[at]], "probability": rounded[at]} for at in range(start, end)]
        for start, end in itertools.pairwise(ends)
    ]
    for row, reasons in zip(rows, found.explanations or (), strict=False):
        for entry, reason in zip(row, reasons, strict=True):
            entry["explanation"] = explanation(reason)
    return rows


def explanation(reason: Explanation) -> Answer:
    """Returns an explanation as JSON-ready values."""
    terms = [{"term": term.term, "contribution": round(term.contribution, 4)} for term in reason.terms]
    found: Answer = {"method": reason.method, "logit": None if reason.logit is None else round(reason.logit, 4)}
    if reason.additive:
        found |= {"base": round(reason.base, 4), "others": round(reason.others, 4)}
    return {**found, "terms": terms}


def similar(found: Sequence[SimilarPaper]) -> list[Answer]:
    """Returns similar papers as JSON-ready values."""
    return [
        {
            "id": each.paper.id,
            "title": each.paper.title,
            "categories": list(each.paper.categories),
            "similarity": round(each.similarity, 4),
        }
        for each in found
    ]


def vectors(abstracts: Sequence[Abstract], embedder: Embedder, work: Work) -> list[Any]:
    """Returns the vector of each abstract."""
    found: list[Any] = []
    for start in range(0, len(abstracts), SLOW_AT_ONCE):
        with turn_given_up():
            found += embedder.embed(abstracts[start : start + SLOW_AT_ONCE], checkpoint=work.check).tolist()
    return found


def in_parts(request: Request, served: ServedModel) -> Iterator[Sequence[Item]]:
    """Yields some items at a time, and long ones fewer at a time, so that work on a long request can be stopped."""
    quick = served.model.stored.card.kind in QUICK and not request.explain
    most = AT_ONCE if quick else SLOW_AT_ONCE
    start = characters = 0
    for number, item in enumerate(request.items):
        size = item.abstract.characters if item.abstract else 0
        if number > start and (number - start >= most or characters + size > _CHARACTERS_AT_ONCE):
            yield request.items[start:number]
            start, characters = number, 0
        characters += size
    yield request.items[start:]


def entry(item: Item, **found: Any) -> Answer:
    """Returns the answer for one item: its results or its error."""
    head: Answer = {"id": item.id} if item.id is not None else {}
    head["abstract_preview"] = item.preview
    return {**head, "error": item.error.to_json()} if item.error is not None else {**head, **found}
