"""Models for Python programs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from domain.abstract import Abstract
from domain.advice import Advice, Question
from domain.errors import InvalidInputError
from domain.explanation import Explanation
from domain.label import Label
from domain.month import day_of, latest_day, month_filed
from domain.policy import Policy
from domain.ports.dataset import BadRecord
from entrypoints.settings import load_settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from application.open_model import LoadedModel
    from application.predict import PredictedBatch
    from application.predictions.selection import Selection
    from entrypoints.container import Container
    from entrypoints.python.predictions import Prediction, Predictions

Titles = Sequence[str | None]


class Model:
    """A model that predicts; `load` and `train` make one. Several threads may use it at once.

    `name` is its kind and version, `classes_` are the categories that it knows, in the order of the columns of
    `predict_proba`.
    """

    def __init__(self, container: "Container", loaded: "LoadedModel") -> None:
        self._container = container
        self.loaded = loaded
        self._predict = container.predict(loaded)

    @property
    def name(self) -> str:
        """The model's kind and version, such as `baseline/20261123T130157Z`."""
        return self.loaded.stored.name

    @property
    def folder(self) -> Path:
        """The folder that holds the model."""
        return self.loaded.stored.folder

    @property
    def metrics(self) -> Mapping[str, Mapping[str, float]]:
        """The metrics that the model had when it was trained, by split."""
        return self.loaded.stored.card.metrics

    @property
    def policies(self) -> Mapping[str, Policy]:
        """The policies of the model by name: thresholds with their goal, the expected measures, and a curve."""
        return self.loaded.stored.card.policies

    @property
    def classes_(self) -> "NDArray[np.str_]":
        """The categories that the model knows, in the order of its columns."""
        import numpy as np

        return np.array([str(category) for category in self.loaded.classifier.taxonomy.categories])

    @overload
    def predict(
        self,
        papers: str,
        *,
        title: str | None = None,
        date: str | None = None,
        threshold: float | None = None,
        top_k: int = 0,
        policy: str | None = None,
        coverage: float | None = None,
    ) -> "Prediction": ...
    @overload
    def predict(
        self,
        papers: Any,
        *,
        titles: Titles | None = None,
        columns: Mapping[str, str] | None = None,
        date: str | None = None,
        threshold: float | None = None,
        top_k: int = 0,
        policy: str | None = None,
        coverage: float | None = None,
    ) -> "Predictions": ...
    def predict(
        self,
        papers: Any,
        *,
        title: str | None = None,
        titles: Titles | None = None,
        columns: Mapping[str, str] | None = None,
        date: str | None = None,
        threshold: float | None = None,
        top_k: int = 0,
        policy: str | None = None,
        coverage: float | None = None,
    ) -> "Prediction | Predictions":
        """Predicts the categories of one text, or of many papers.

        Many papers are a list of texts, a list of dictionaries, a pandas data frame or an Arrow table. Dictionaries and
        tables have the columns of files: `abstract`, and optionally `id`, `title` and a date. `columns` gives other
        names of columns, such as `{"abstract": "Summary"}`. `title` goes with one text, and `titles` with a list of
        texts. `date` (YYYY-MM) is the month of papers without a date.

        By default, a paper gets the categories that reach the model's own thresholds, and at least one. With
        `threshold` it gets those with at least that probability, with `top_k` the k most probable, and with both at
        most k of the former. `policy` names one of `policies`, whose thresholds then hold. With `coverage`, such as
        0.95, a paper gets a set of categories. The sets hold all categories of that share of papers. A paper whose set
        would be too large gets none and a warning.

        Raises InvalidInputError for a paper that cannot be read. Of many papers, the error names the position, counted
        from 0.
        """
        selection = self._selection(threshold, top_k, policy, coverage)
        if isinstance(papers, str):
            many = titles is not None or columns is not None
            _refuse(many, "One text goes with title=, not with titles= or columns=.")
            return self._predictions([self._predict([self._abstract(papers, title, date)], selection)], None)[0]
        _refuse(title is not None, "title= goes with one text. Give titles=, a list, or the column title.")
        abstracts = self._abstracts(papers, titles, columns, date)
        index = papers.index if hasattr(papers, "columns") and hasattr(papers, "index") else None
        return self._predictions(list(self._predict.stream(abstracts, selection)), index)

    def predict_proba(
        self, papers: Any, *, titles: Titles | None = None, columns: Mapping[str, str] | None = None
    ) -> "NDArray[np.float32]":
        """Returns the probabilities: float32 of shape (papers, categories), with the columns that `classes_` names.

        The papers are those of `predict`. One text gives one row.
        """
        papers = [papers] if isinstance(papers, str) else papers
        return self.predict(papers, titles=titles, columns=columns).probabilities

    def advise(
        self, text: str, *, title: str | None = None, chosen: Sequence[str] = (), date: str | None = None
    ) -> Advice:
        """Advises on a paper's primary category and cross-lists, and on those `chosen`, primary first.

        `date` (YYYY-MM) is when the paper is filed. Raises InvalidInputError for a paper that cannot be read, for a
        category that arXiv does not have, and for a model with labels of its own.
        """
        from entrypoints.advice import chosen_categories

        question = Question(self._abstract(text, title, date), chosen_categories(chosen))
        return self._container.advise(self.loaded, self._container.explainer(self.loaded), None)(question)

    def __repr__(self) -> str:
        return f"Model({self.name!r})"

    def _selection(
        self, threshold: float | None, top_k: int, policy: str | None, coverage: float | None
    ) -> "Selection":
        from application.predictions.selection import Selection

        outside = threshold is not None and not 0 <= threshold <= 1
        _refuse(outside, f"threshold is a number from 0 to 1, not {threshold!r}.")
        whole = isinstance(top_k, int) and not isinstance(top_k, bool) and top_k >= 0
        _refuse(not whole, f"top_k is a whole number from 0, not {top_k!r}.")
        return Selection.of_model(
            self.loaded.stored, threshold=threshold, top_k=top_k, policy=policy, coverage=coverage
        )

    def _abstract(self, text: object, title: str | None, date: str | None) -> Abstract:
        limit = self._container.settings().max_characters
        return Abstract(text, title, max_characters=limit, month=self._month(date))  # type: ignore[arg-type]  # it checks

    def _month(self, date: str | None) -> str | None:
        return None if date is None else month_filed(day_of(date), None, latest_day(self._container.clock()()))

    def _abstracts(
        self, papers: Any, titles: Titles | None, columns: Mapping[str, str] | None, date: str | None
    ) -> Iterator[Abstract]:
        if _are_texts(papers):
            _refuse(columns is not None, "columns= goes with dictionaries and tables, not with a list of texts.")
            return self._texts(list(papers), titles, date)
        _refuse(titles is not None, "titles= goes with a list of texts. Dictionaries and tables have the column title.")
        month = self._month(date)
        read = self._container.abstracts_in_memory(papers, on_bad_record=_raise, columns=columns or {})
        return (abstract.filed(month) for abstract in read)

    def _texts(self, texts: Sequence[object], titles: Titles | None, date: str | None) -> Iterator[Abstract]:
        heads = [None] * len(texts) if titles is None else list(titles)
        _refuse(len(heads) != len(texts), f"There are {len(heads):,} titles for {len(texts):,} texts.")
        for number, (text, title) in enumerate(zip(texts, heads, strict=True), start=1):
            try:
                yield self._abstract(text, title, date)
            except InvalidInputError as error:
                _raise(BadRecord("papers", number, str(error)))

    def _predictions(self, batches: "list[PredictedBatch]", index: Any) -> "Predictions":
        from entrypoints.python.predictions import Predictions

        return Predictions(batches, self.loaded.classifier.taxonomy, self._explain, index)

    def _explain(self, abstract: Abstract, categories: Sequence[Label], terms: int) -> Sequence[Explanation]:
        (found,) = self._predict.explain([abstract], [categories], terms)
        return found


def load(model: str | Path | None = None, *, config: str | Path | None = None) -> Model:
    """Loads a model by a name that `--model` takes.

    `model` is the name of a shipped model (`baseline`, `arxiv`, `minilm`, `ensemble`), a kind, `kind/version`, a
    folder, or `registry:NAME@ALIAS`. By default it is the model in use, which is the shipped baseline unless another
    one was chosen. `config` is a YAML file of settings. Settings in the environment hold as for commands.

    Raises ModelNotFoundError if there is no such model, and IncompatibleModelError or CorruptModelError if it cannot be
    used.
    """
    from entrypoints.container import container_of

    settings = load_settings(config=None if config is None else Path(config))
    container = container_of(settings)
    return Model(container, container.loaded_model(settings.model_reference if model is None else str(model)))


def _are_texts(papers: Any) -> bool:
    """Returns whether the papers are a sequence of texts. A value that is neither text nor record counts as a text."""
    if isinstance(papers, Mapping) or hasattr(papers, "__arrow_c_stream__") or hasattr(papers, "columns"):
        return False
    return isinstance(papers, Iterable) and not (
        isinstance(papers, Sequence) and papers and isinstance(papers[0], Mapping)
    )


def _raise(record: BadRecord) -> None:
    raise InvalidInputError(f"papers[{record.line - 1}]: {record.reason}")


def _refuse(wrong: bool, sentence: str) -> None:
    if wrong:
        raise InvalidInputError(sentence)
