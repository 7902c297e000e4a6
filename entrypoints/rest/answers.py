"""What predictions, vectors and similar papers look like in JSON."""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from application.predictions.category_choice import CategoryChoice
from domain.abstract import Abstract
from domain.explanation import Explanation
from domain.ports.embedder import Embedder
from domain.prediction import PredictionBatch
from domain.similar_paper import SimilarPaper
from entrypoints.rest import metrics
from entrypoints.rest.http.gil_turns import aside
from entrypoints.rest.http.request_work import Work
from entrypoints.rest.models.reloading_model import Served
from entrypoints.rest.requests import Item, Request

AT_ONCE = 32
SLOW_AT_ONCE = 4  # as many lines of a stream are sent at once
_CHARACTERS_AT_ONCE = 50_000  # which a baseline reads in some milliseconds
# Kinds that read 32 abstracts in a few milliseconds: others would wait longer for their turn back than for these.
QUICK = frozenset({"baseline"})
_TERMS = 10
Answer = dict[str, Any]
# Hears of the predictions of some abstracts and of how many seconds they took.
OnPredicted = Callable[[Sequence[Abstract], PredictionBatch, float], None]


def choice_of(request: Request, served: Served) -> CategoryChoice:
    """Which categories a request wants."""
    own = served.model.stored.card.thresholds
    return CategoryChoice.asked(own, threshold=request.threshold, top_k=request.top_k)


def predictions(
    abstracts: Sequence[Abstract],
    request: Request,
    served: Served,
    work: Work,
    on_predicted: OnPredicted | None = None,
) -> list[list[Answer]]:
    """The categories of each abstract, most probable first."""
    kind = served.model.stored.card.kind
    batch, seconds = _batch(abstracts, served, work)
    if on_predicted is not None:
        on_predicted(abstracts, batch, seconds)
    chosen = choice_of(request, served)(batch)
    categories, columns, ends = chosen.taxonomy.categories, chosen.columns.tolist(), chosen.offsets.tolist()
    labels = {column: str(categories[column]) for column in columns}
    rounded = np.round(np.asarray(chosen.probabilities, dtype=np.float64), 4).tolist()
    for column, label in labels.items():
        metrics.labelled(metrics.PREDICTIONS, kind, label).inc(columns.count(column))
    rows = [
        [{"label": labels[columns[at]], "probability": rounded[at]} for at in range(start, end)]
        for start, end in itertools.pairwise(ends)
    ]
    if request.explain:
        for abstract, row, (start, end) in zip(abstracts, rows, itertools.pairwise(ends), strict=True):
            with work.explaining(), aside():
                given = [categories[column] for column in columns[start:end]]
                reasons = served.explainer.explain(abstract, given, checkpoint=work.check)
            for entry, reason in zip(row, reasons, strict=True):
                entry["explanation"] = explanation(reason.top(_TERMS))
    return rows


def _batch(abstracts: Sequence[Abstract], served: Served, work: Work) -> tuple[PredictionBatch, float]:
    """Predictions, and the seconds that the model took for them, without the wait for the turn back."""
    with nullcontext() if served.model.stored.card.kind in QUICK else aside():
        started = time.perf_counter()
        batch = served.model.classifier.predict(abstracts, checkpoint=work.check)
        return batch, time.perf_counter() - started


def explanation(reason: Explanation) -> Answer:
    """An explanation in JSON's own types."""
    terms = [{"term": term.term, "contribution": round(term.contribution, 4)} for term in reason.terms]
    found: Answer = {"method": reason.method, "logit": None if reason.logit is None else round(reason.logit, 4)}
    if reason.additive:
        found |= {"base": round(reason.base, 4), "others": round(reason.others, 4)}
    return {**found, "terms": terms}


def similar(found: Sequence[SimilarPaper]) -> list[Answer]:
    """Similar papers in JSON's own types."""
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
    """The vector of each abstract."""
    found: list[Any] = []
    for start in range(0, len(abstracts), SLOW_AT_ONCE):
        with aside():
            found += embedder.embed(abstracts[start : start + SLOW_AT_ONCE], checkpoint=work.check).tolist()
    return found


def in_parts(request: Request, served: Served) -> Iterator[Sequence[Item]]:
    """Some items at a time, long ones fewer, so that a long request can be stopped or sent on its way."""
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
    """What is answered for one item: what was found, or what is wrong with it."""
    head: Answer = {"id": item.id} if item.id is not None else {}
    head["abstract_preview"] = item.preview
    return {**head, "error": item.error.to_json()} if item.error is not None else {**head, **found}
