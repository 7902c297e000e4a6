"""The tools that an agent calls. Each reads its arguments, calls one use case and answers."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from application.open_model import LoadedModel
from application.predictions.selection import Selection
from domain.abstract import Abstract
from domain.advice import Question
from domain.errors import InvalidInputError, ModelNotFoundError
from domain.model_bundle import StoredModel
from domain.month import day_of, latest_day, month_filed
from entrypoints.advice import MOST_CHOSEN, advice_json, chosen_categories
from entrypoints.container import container_of
from entrypoints.mcp.answers import Advice, Classification, FoundPaper, PaperCategory, SimilarPapers
from entrypoints.purposes import purpose_of
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from application.find_similar import FindSimilar

AbstractText = Annotated[str, Field(description="The paper's abstract, whole and in English.")]
Title = Annotated[str, Field(description="The paper's title.")]
Filed = Annotated[str, Field(description="When the paper is filed, as 2026-06; leave out for today.")]
ModelName = Annotated[str, Field(description="A model that the server's instructions name; leave out for the first.")]
TopK = Annotated[int, Field(description="Return this many most probable categories; 0 for those above thresholds.")]
Chosen = Annotated[
    list[str], Field(description="Categories that the authors chose, primary first.", max_length=MOST_CHOSEN)
]
Count = Annotated[int, Field(description="The number of papers.", ge=1, le=100)]


class Tools:
    """The tools over the models of a store and an index of papers, which several calls may use at once.

    The default is `model` or the one that the settings name. It is opened at once, and others at the first call.
    `index` is a folder. The index in it is opened at the first call that needs it.
    """

    def __init__(self, settings: Settings, index: Path, model: str | None = None) -> None:
        self._settings = settings
        self._container = container_of(settings)
        self._index = index
        self._find: FindSimilar | None = None
        self._lock = threading.Lock()
        self._default = self._container.loaded_model(model or settings.model_reference)
        self._loaded = {self._default.stored.name: self._default}

    def classify(
        self, abstract: AbstractText, title: Title = "", date: Filed = "", model: ModelName = "", top_k: TopK = 0
    ) -> Classification:
        """Returns the arXiv categories of a paper with calibrated probabilities."""
        loaded = self._model(model)
        own = loaded.stored.card.thresholds
        predict = self._container.predict(loaded)
        found = predict([self._abstract(abstract, title, date)], Selection.asked(own, top_k=_least(top_k)))
        infos = loaded.classifier.taxonomy.infos
        categories = [
            PaperCategory(
                category=str(infos[column].category), name=infos[column].name, probability=round(probability, 4)
            )
            for column, probability in zip(found.chosen.columns, found.chosen.probabilities, strict=True)
        ]
        warnings = [each.sentence for each in found.warnings.get(0, ())]
        return Classification(model=loaded.stored.name, categories=categories, warnings=warnings)

    def advise(
        self,
        abstract: AbstractText,
        title: Title = "",
        chosen: Chosen = [],  # noqa: B006  # the SDK reads the default from the signature, and nothing changes it
        date: Filed = "",
        model: ModelName = "",
    ) -> Advice:
        """Advises on the primary category and on at most four cross-lists that arXiv takes beside it.

        With chosen categories, each of them gets a verdict with a reason.
        """
        loaded = self._model(model)
        question = Question(self._abstract(abstract, title, date), chosen_categories(chosen))
        find = self._similar() if self._index.is_dir() else None
        advice = self._container.advise(loaded, self._container.explainer(loaded), find)(question)
        return Advice.model_validate({**advice_json(advice), "model": loaded.stored.name})

    def similar(self, abstract: AbstractText, title: Title = "", count: Count = 10) -> SimilarPapers:
        """Finds the papers of the server's index that are most like a paper, with their categories."""
        found = self._similar()(self._abstract(abstract, title), k=count)
        return SimilarPapers(
            papers=[
                FoundPaper(
                    id=each.paper.id,
                    title=each.paper.title,
                    categories=list(each.paper.categories),
                    similarity=round(each.similarity, 4),
                )
                for each in found
            ]
        )

    def models(self) -> list[StoredModel]:
        """Returns the models that can be used, the default first."""
        found = {self._default.stored.name: self._default.stored}
        for stored in self._container.model_store().list():
            found.setdefault(stored.name, stored)
        return list(found.values())

    def _model(self, wanted: str) -> LoadedModel:
        if not wanted:
            return self._default
        # An agent chooses among the models of the store. A path that it names is not opened.
        found = next((each for each in self.models() if wanted in called(each)), None)
        if found is None:
            known = ", ".join(called(each)[0] for each in self.models())
            raise ModelNotFoundError(f"There is no model {wanted!r}. Name one of these: {known}.")
        with self._lock:
            if found.name not in self._loaded:
                self._loaded[found.name] = self._container.loaded_model(found.name)
            return self._loaded[found.name]

    def _similar(self) -> "FindSimilar":
        if not self._index.is_dir():
            raise InvalidInputError(
                f"There is no index of papers in {self._index}. `arxiv-classifier index PAPERS --output "
                f"{self._index}` makes one."
            )
        with self._lock:
            if self._find is None:
                self._find = self._container.find_similar(self._index, None)
            return self._find

    def _abstract(self, abstract: str, title: str, date: str = "") -> Abstract:
        month = month_filed(day_of(date), None, latest_day(self._container.clock()())) if date else None
        return Abstract(abstract, title or None, max_characters=self._settings.max_characters, month=month)


def called(stored: StoredModel) -> tuple[str, ...]:
    """Returns the names by which an agent can choose a model, the shortest first."""
    return tuple(name for name in (stored.shipped_as, stored.name) if name)


def described(models: list[StoredModel]) -> Iterator[str]:
    """Yields a line on each model: its name, what it is good for, and the number of its categories."""
    for each in models:
        purpose = purpose_of(each.shipped_as)
        yield f"- {called(each)[0]}: {purpose + ', ' if purpose else ''}{len(each.card.taxonomy)} categories"


def _least(top_k: int) -> int:
    if top_k < 0:
        raise InvalidInputError(f"top_k is {top_k}. Send 0 or a number of categories.")
    return top_k
