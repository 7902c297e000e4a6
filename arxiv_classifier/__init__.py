"""Predicts the categories of arXiv papers from titles and abstracts.

`load` returns a model, whose `predict` takes a text, a list of texts, a list of dictionaries, a data frame or an Arrow
table. `train` and `evaluate` are the commands of these names. Errors are subclasses of `ArxivClassifierError`, with the
sentences that the command line shows.
"""

from arxiv_classifier.own_packages import refuse_shadowed

refuse_shadowed()

from domain.errors import (  # noqa: E402  # only after the check
    ArxivClassifierError,
    ConfigurationError,
    CorruptModelError,
    DatasetUnavailableError,
    IncompatibleModelError,
    InvalidInputError,
    ModelNotFoundError,
    RegistryUnavailableError,
)
from domain.explanation import Explanation  # noqa: E402
from domain.prediction_warning import PredictionWarning  # noqa: E402
from entrypoints.python.model import Model, load  # noqa: E402
from entrypoints.python.predictions import Prediction, Predictions  # noqa: E402
from entrypoints.python.training import evaluate, train  # noqa: E402

__all__ = [
    "ArxivClassifierError",
    "ConfigurationError",
    "CorruptModelError",
    "DatasetUnavailableError",
    "Explanation",
    "IncompatibleModelError",
    "InvalidInputError",
    "Model",
    "ModelNotFoundError",
    "Prediction",
    "PredictionWarning",
    "Predictions",
    "RegistryUnavailableError",
    "evaluate",
    "load",
    "train",
]
