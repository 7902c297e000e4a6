"""The backend that loads models itself."""

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from application.open_model import LoadedModel
from domain.abstract import Abstract
from domain.explanation import Explanation
from domain.month import day_of, latest_day, month_filed
from domain.ports.explainer import Explainer
from entrypoints.container import Container, container_of
from entrypoints.demo.backend import Backend, CategoryRow, Classified, ModelInfo, Neighbour, Paper, Reasons, Word
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from application.find_similar import FindSimilar

_logger = logging.getLogger(__name__)
_WORDS = 12


class InProcess(Backend):
    """Models of the store that the settings name; each is loaded when it is first asked for."""

    def __init__(self, settings: Settings, *, index: Path | None = None) -> None:
        self._settings = settings
        self._container: Container = container_of(settings)
        self._index = index
        self._loaded: dict[str, LoadedModel] = {}
        self._explainers: dict[str, Explainer] = {}

    @override
    def models(self) -> tuple[ModelInfo, ...]:
        default = self._model(self._settings.model_reference).stored
        store = self._container.model_store()
        found = {default.name: default}
        for stored in store.list():
            found.setdefault(stored.name, stored)
        return tuple(ModelInfo(each.name, each.card.thresholds.default, each.shipped_as) for each in found.values())

    @override
    def classify(self, model: str, paper: Paper) -> Classified:
        loaded = self._model(model)
        (prediction,) = loaded.classifier.predict([self._abstract(paper)])
        taxonomy = loaded.classifier.taxonomy
        cuts = loaded.stored.card.thresholds.in_columns(taxonomy)
        rows = []
        for score in prediction.scores():
            column = taxonomy.column(score.category)
            info = taxonomy.infos[column]
            row = CategoryRow(str(score.category), score.probability, cuts[column], info.name, info.description)
            rows.append(row)
        return Classified(model, tuple(rows))

    @override
    def explain(self, model: str, paper: Paper) -> dict[str, Reasons]:
        loaded = self._model(model)
        if model not in self._explainers:
            self._explainers[model] = self._container.explainer(loaded)
        found = self._explainers[model].explain(self._abstract(paper), loaded.classifier.taxonomy.categories)
        return {str(each.category): _reasons(each.top(_WORDS)) for each in found}

    @override
    def classify_many(self, model: str, papers: Sequence[Paper]) -> list[list[tuple[str, float]]]:
        loaded = self._model(model)
        batch = loaded.classifier.predict([self._abstract(paper) for paper in papers])
        thresholds = loaded.stored.card.thresholds
        return [[(str(s.category), s.probability) for s in each.above(thresholds)] for each in batch]

    @override
    def has_index(self) -> bool:
        # Opens it, so that a folder that is no index is told of when the page is started.
        return self._index is not None and self._similar is not None

    @override
    def similar(self, paper: Paper, *, count: int) -> tuple[Neighbour, ...] | None:
        if self._index is None:
            return None
        found = self._similar(self._abstract(paper), k=count)
        return tuple(
            Neighbour(each.paper.id, each.paper.title, each.paper.categories, each.similarity) for each in found
        )

    @cached_property
    def _similar(self) -> "FindSimilar":
        find = self._container.find_similar(self._index, None)
        return find

    def _abstract(self, paper: Paper) -> Abstract:
        limit = self._settings.max_characters
        latest = latest_day(self._container.clock()())
        month = month_filed(day_of(paper.date) if paper.date else None, paper.id, latest)
        return Abstract(paper.abstract, paper.title or None, paper.id or None, max_characters=limit, month=month)

    def _model(self, name: str) -> LoadedModel:
        if name not in self._loaded:
            loaded = self._container.loaded_model(name)
            self._loaded[name] = self._loaded[loaded.stored.name] = loaded
            fields = {"event": "model_loaded", "model": loaded.stored.name, "digest": loaded.stored.digest[:12]}
            _logger.info("The model %s is loaded.", loaded.stored.name, extra=fields)
        return self._loaded[name]


def _reasons(found: Explanation) -> Reasons:
    words = tuple(Word(term.term, term.contribution, term.spans) for term in found.terms)
    return Reasons(found.method, words, found.logit, found.base if found.additive else None, found.others)
