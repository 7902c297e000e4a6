"""The backend that loads models in this process."""

import logging
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from application.open_model import LoadedModel
from application.predict import Predict, PredictedBatch
from application.predictions.selection import Selection
from domain.abstract import Abstract
from domain.advice import Question
from domain.explanation import Explanation
from domain.log_events import log_event
from domain.month import day_of, latest_day, month_filed
from entrypoints.advice import advice_json, chosen_categories
from entrypoints.container import Container, container_of
from entrypoints.demo.advice import advised
from entrypoints.demo.backend import (
    Advised,
    Backend,
    CategoryRow,
    Choice,
    Classified,
    Given,
    ModelInfo,
    Neighbour,
    Paper,
    Reasons,
    Word,
)
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from application.find_similar import FindSimilar

_logger = logging.getLogger(__name__)
_WORDS = 12


class InProcess(Backend):
    """Models of the store that the settings name. Each is loaded at its first use."""

    def __init__(self, settings: Settings, *, index: Path | None = None) -> None:
        self._settings = settings
        self._container: Container = container_of(settings)
        self._index = index
        self._loaded: dict[str, LoadedModel] = {}
        self._predicts: dict[str, Predict] = {}

    @override
    def models(self) -> tuple[ModelInfo, ...]:
        default = self._model(self._settings.model_reference).stored
        store = self._container.model_store()
        found = {default.name: default}
        for stored in store.list():
            found.setdefault(stored.name, stored)
        return tuple(
            ModelInfo(
                each.name,
                each.card.thresholds.default,
                each.shipped_as,
                tuple(map(str, each.card.taxonomy)),
                tuple((name, str(policy.goal)) for name, policy in each.card.policies.items()),
                each.card.conformal is not None,
            )
            for each in found.values()
        )

    @override
    def classify(self, model: str, paper: Paper) -> Classified:
        loaded, found = self._predict(model, [paper], Selection.everything())
        taxonomy = loaded.classifier.taxonomy
        cuts = loaded.stored.card.thresholds.in_columns(taxonomy)
        rows = []
        for column, probability in zip(found.chosen.columns.tolist(), found.chosen.probabilities.tolist(), strict=True):
            info = taxonomy.infos[column]
            label, twin = str(info.category), str(info.alias or "")
            rows.append(CategoryRow(label, probability, cuts[column], info.name, info.description, twin))
        return Classified(model, tuple(rows), _sentences(found, 0))

    @override
    def advise(self, model: str, paper: Paper, chosen: str) -> Advised:
        question = Question(self._abstract(paper), chosen_categories([chosen]))
        loaded = self._model(model)
        advise = self._container.advise(loaded, self._container.explainer(loaded), None)
        return advised(advice_json(advise(question)))

    @override
    def explain(self, model: str, paper: Paper) -> dict[str, Reasons]:
        _, found = self._predict(model, [paper], Selection.everything(terms=_WORDS))
        return {str(each.category): _reasons(each) for row in found.explanations or () for each in row}

    @override
    def classify_many(self, model: str, papers: Sequence[Paper]) -> list[Given]:
        return self._given(model, papers, Selection(self._model(model).stored.card.thresholds))

    @override
    def given(self, model: str, paper: Paper, choice: Choice) -> Given:
        stored = self._model(model).stored
        selection = Selection.of_model(stored, policy=choice.policy or None, coverage=choice.coverage)
        (found,) = self._given(model, [paper], selection)
        return found

    def _given(self, model: str, papers: Sequence[Paper], selection: Selection) -> list[Given]:
        loaded, found = self._predict(model, papers, selection)
        labels, ends = list(map(str, loaded.classifier.taxonomy)), found.chosen.offsets.tolist()
        columns, probabilities = found.chosen.columns.tolist(), found.chosen.probabilities.tolist()
        pairs = [(labels[column], probability) for column, probability in zip(columns, probabilities, strict=True)]
        return [Given(tuple(pairs[start:end]), _sentences(found, n)) for n, (start, end) in enumerate(pairwise(ends))]

    def _predict(self, model: str, papers: Sequence[Paper], selection: Selection) -> tuple[LoadedModel, PredictedBatch]:
        loaded = self._model(model)
        if model not in self._predicts:
            self._predicts[model] = self._container.predict(loaded)
        return loaded, self._predicts[model]([self._abstract(paper) for paper in papers], selection)

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
            log_event(
                _logger,
                "model_loaded",
                f"The model {loaded.stored.name} is loaded.",
                model=loaded.stored.name,
                digest=loaded.stored.digest[:12],
            )
        return self._loaded[name]


def _sentences(found: PredictedBatch, row: int) -> tuple[str, ...]:
    return tuple(warning.sentence for warning in found.warnings.get(row, ()))


def _reasons(found: Explanation) -> Reasons:
    words = tuple(Word(term.term, term.contribution, term.spans) for term in found.terms)
    return Reasons(found.method, words, found.logit, found.base if found.additive else None, found.others)
