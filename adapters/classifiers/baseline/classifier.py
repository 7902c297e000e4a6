"""The baseline as a classifier: trained with Keras, served with numpy and SciPy."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from adapters.classifiers.baseline import storage
from adapters.classifiers.baseline.browser import export_browser
from adapters.classifiers.baseline.options import BaselineOptions
from adapters.classifiers.baseline.serving import ServedBaseline, Weights, quantised
from adapters.classifiers.baseline.vocabulary import Vocabulary
from adapters.classifiers.learning.array_files import array_files, in_chunks
from adapters.classifiers.learning.data_parallel import spread_over
from adapters.classifiers.learning.keras_backend import require_keras
from adapters.classifiers.learning.targets import weights_key
from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.errors import ConfigurationError, InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.options import read_options
from domain.ports.classifier import TEMPORARY, Classifier, ClassifierFamily, FitSession, TrainableClassifier
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy

if TYPE_CHECKING:
    from adapters.classifiers.baseline.batches import TrainingSet

_KERAS_FILE = "model.keras"
_ARRAYS = f"{TEMPORARY}arrays"


class BaselineFamily(ClassifierFamily):
    """The kind `baseline`: TF-IDF and a multi-layer perceptron."""

    @override
    def trainable(self, taxonomy: Taxonomy, options: Mapping[str, object]) -> TrainableClassifier:
        return TrainableBaseline(taxonomy, _options(options))

    @override
    def load(self, folder: Path, taxonomy: Taxonomy) -> Classifier:
        return ServedBaseline(taxonomy, *storage.load(folder, len(taxonomy)))

    @override
    def export(self, folder: Path, taxonomy: Taxonomy, *, format: str, path: Path) -> None:
        if format not in ("browser", "keras"):
            raise ConfigurationError(
                f"A baseline cannot be exported as {format!r}. The known formats are browser and keras."
            )
        text, vocabulary, weights = storage.load(folder, len(taxonomy))
        if format == "browser":
            export_browser(text, vocabulary, weights, path)
        else:
            export_keras(weights, path)

    @override
    def effective_options(self, options: Mapping[str, object]) -> Mapping[str, object]:
        effective = asdict(_options(options))
        return {**effective, "hidden": list(effective["hidden"])}


def _options(options: Mapping[str, object]) -> BaselineOptions:
    return read_options(BaselineOptions, options, where="Kind baseline")


class TrainableBaseline(TrainableClassifier):
    """A baseline that learns with Keras and, once trained, predicts in its serving form."""

    def __init__(self, taxonomy: Taxonomy, options: BaselineOptions) -> None:
        self._taxonomy = taxonomy
        self._options = options
        self._trained: tuple[Vocabulary, Weights] | None = None
        self._served: ServedBaseline | None = None

    @property
    @override
    def taxonomy(self) -> Taxonomy:
        return self._taxonomy

    @override
    def fit(
        self,
        training: Sequence[LabelledAbstract],
        validation: Sequence[LabelledAbstract],
        session: FitSession,
    ) -> None:
        require_keras("the baseline")
        from adapters.classifiers.baseline.checkpoints import Checkpoints
        from adapters.classifiers.baseline.fitting import Fitting
        from adapters.classifiers.baseline.preparation import prepare

        options = self._options.for_papers(len(training))
        with spread_over(options.devices) as devices, array_files(session.workspace / _ARRAYS) as files:
            vocabulary, data = prepare(training, self._taxonomy, options, files)
            score = self._scorer(vocabulary, [paper.abstract for paper in validation], session)
            fitting = Fitting(data, files, len(vocabulary), options, session, score, devices)
            checkpoints = Checkpoints(session.workspace, self._key(options, vocabulary, data, validation, session))
            weights = self._rounded(fitting.run(checkpoints))
        self._trained = vocabulary, weights
        self._served = self._serving(vocabulary, weights)

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        if self._served is None:
            raise ConfigurationError("This baseline was not trained yet. Call fit before predict.")
        return self._served.predict(abstracts, checkpoint=checkpoint)

    @override
    def save(self, folder: Path) -> None:
        if self._trained is None:
            raise ConfigurationError("This baseline was not trained yet. Call fit before save.")
        storage.save(folder, self._options.text, *self._trained)
        if self._options.keep_keras:
            export_keras(self._trained[1], folder / _KERAS_FILE)

    def _rounded(self, weights: Weights) -> Weights:
        if self._options.weights == "float32":
            return weights
        table, scale = quantised(weights.table.astype(np.float32, copy=False))
        return replace(weights, table=table, scale=scale)

    def _serving(self, vocabulary: Vocabulary, weights: Weights) -> ServedBaseline:
        return ServedBaseline(self._taxonomy, self._options.text, vocabulary, weights)

    def _scorer(
        self, vocabulary: Vocabulary, abstracts: Sequence[Abstract], session: FitSession
    ) -> Callable[[Weights], float]:
        return lambda weights: session.score(self._serving(vocabulary, weights).predict(abstracts))

    def _key(
        self,
        options: BaselineOptions,
        vocabulary: Vocabulary,
        data: "TrainingSet",
        validation: Sequence[LabelledAbstract],
        session: FitSession,
    ) -> str:
        """Returns a key that is equal only for equal options, seed, backend and papers in the same order."""
        import keras

        learning = {**asdict(options), "keep_keras": None, "weights": None, "patience": None, "distinct_terms": None}
        parts = [json.dumps(learning), str(session.seed), keras.backend.backend(), self._taxonomy.fingerprint()]
        digest = hashlib.sha256("\n".join((*parts, *vocabulary.unigrams)).encode())
        for array in (
            vocabulary.idf,
            data.targets,
            data.weights,
            data.months,
            data.with_titles.features,
            data.without_titles.features,
        ):
            for some in in_chunks(array):
                digest.update(np.ascontiguousarray(some).data)
        for paper in validation:
            named = (paper.abstract.title or "", paper.abstract.text, *map(str, paper.categories))
            digest.update("\n".join(named).encode("utf-8", "surrogatepass"))
        digest.update(weights_key(validation))
        return f"baseline-{digest.hexdigest()[:16]}"


def export_keras(weights: Weights, path: Path) -> None:
    """Writes a `.keras` file with the same raw probabilities as the serving form."""
    if path.suffix != ".keras":
        raise InvalidInputError("A Keras file's name must end in .keras. Rename the output.")
    require_keras("the baseline")
    from adapters.classifiers.baseline.fitting import rebuilt
    from adapters.classifiers.baseline.network import probability_model

    probability_model(rebuilt(weights)).save(path)
