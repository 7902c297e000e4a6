"""A classifier that learns from words in plain Python, in milliseconds."""

import json
import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
from typing_extensions import override

from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.errors import ConfigurationError, CorruptModelError
from domain.labelled_abstract import LabelledAbstract
from domain.options import read_options
from domain.ports.classifier import Classifier, ClassifierFamily, Epoch, FitSession, Step, TrainableClassifier
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class FakeOptions:
    """How often it sees each paper, and how much it learns from one."""

    epochs: int = 4
    learning_rate: float = 0.5

    def __post_init__(self) -> None:
        if not isinstance(self.epochs, int) or self.epochs < 1:
            raise ConfigurationError(f"Model fake: epochs is a whole number from 1, not {self.epochs!r}.")


class FakeClassifier(TrainableClassifier):
    """Logistic regression on words, one weight per word and category; untrained it says 0.5 of everything."""

    def __init__(self, taxonomy: Taxonomy, options: FakeOptions | None = None) -> None:
        self._taxonomy = taxonomy
        self._options = options or FakeOptions()
        self._weights: dict[str, list[float]] = {}

    @property
    @override
    def taxonomy(self) -> Taxonomy:
        return self._taxonomy

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        rows = []
        for abstract in abstracts:
            checkpoint()
            rows.append(self._row(abstract))
        buffer = np.array(rows, dtype=np.float32).reshape(len(rows), len(self._taxonomy))
        return PredictionBatch(self._taxonomy, buffer.data, self._unread(abstracts))

    def _unread(self, abstracts: Sequence[Abstract]) -> frozenset[int]:
        """The abstracts of which a trained classifier knows no word."""
        if not self._weights:
            return frozenset()
        known = self._weights.keys()
        return frozenset(row for row, abstract in enumerate(abstracts) if known.isdisjoint(_words(abstract)))

    @override
    def fit(
        self, training: Sequence[LabelledAbstract], validation: Sequence[LabelledAbstract], session: FitSession
    ) -> None:
        checkpoint = session.workspace / "checkpoint.json"
        state: dict[str, Any] = {"epoch": 0, "best": None}
        if checkpoint.exists():
            state = json.loads(checkpoint.read_text("utf-8"))
        self._weights = state.get("weights", {})
        for epoch in range(state["epoch"] + 1, self._options.epochs + 1):
            self._learn_all(training, f"{session.seed}/{epoch}")
            session.on_step(Step(epoch, 1, 1))
            score = session.score(self.predict([paper.abstract for paper in validation]))
            if state["best"] is None or score > state["score"]:
                state |= {"score": score, "best": self._weights}
            state |= {"epoch": epoch, "weights": self._weights}
            partial = checkpoint.with_suffix(".part")
            partial.write_text(json.dumps(state), "utf-8")
            partial.replace(checkpoint)
            session.on_epoch(Epoch(epoch, {"validation_score": score}))
        self._weights = state["best"]
        checkpoint.unlink()

    @override
    def save(self, folder: Path) -> None:
        (folder / "weights.json").write_text(json.dumps(self._weights), "utf-8")

    def restore(self, weights: dict[str, list[float]]) -> None:
        """Takes over weights that `save` wrote."""
        self._weights = weights

    def _learn_all(self, papers: Sequence[LabelledAbstract], seed: str) -> None:
        self._weights = dict(self._weights)
        for paper in random.Random(seed).sample(papers, len(papers)):
            self._learn(paper)

    def _learn(self, paper: LabelledAbstract) -> None:
        truth = set(self._taxonomy.columns_of(paper.categories))
        rate = self._options.learning_rate * paper.weight
        steps = [rate * ((column in truth) - p) for column, p in enumerate(self._row(paper.abstract))]
        for word in _words(paper.abstract):
            before = self._weights.get(word)
            self._weights[word] = steps if before is None else list(map(add, before, steps))

    def _row(self, abstract: Abstract) -> list[float]:
        known = [self._weights[word] for word in _words(abstract) if word in self._weights]
        logits = [sum(column) for column in zip(*known, strict=True)] or [0.0] * len(self._taxonomy)
        for left, right in self._taxonomy.alias_pairs():
            logits[left] = logits[right] = (logits[left] + logits[right]) / 2
        return [1 / (1 + math.exp(-max(-30.0, min(30.0, logit)))) for logit in logits]


class FakeFamily(ClassifierFamily):
    """The family of FakeClassifier, for the kind `fake`."""

    @override
    def trainable(self, taxonomy: Taxonomy, options: Mapping[str, object]) -> TrainableClassifier:
        return FakeClassifier(taxonomy, _options(options))

    @override
    def load(self, folder: Path, taxonomy: Taxonomy) -> Classifier:
        classifier = FakeClassifier(taxonomy)
        try:
            weights = json.loads((folder / "weights.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise CorruptModelError(f"The model in {folder} cannot be read: {error}. Save it again.") from error
        if any(len(row) != len(taxonomy) for row in weights.values()):
            raise CorruptModelError(f"The model in {folder} was not trained on {len(taxonomy)} categories.")
        classifier.restore(weights)
        return classifier

    @override
    def export(self, folder: Path, taxonomy: Taxonomy, *, format: str, path: Path) -> None:
        raise ConfigurationError(f"A fake cannot be exported as {format!r}. It knows no format.")

    @override
    def effective_options(self, options: Mapping[str, object]) -> Mapping[str, object]:
        return asdict(_options(options))


def _options(values: Mapping[str, object]) -> FakeOptions:
    return read_options(FakeOptions, values, where="Model fake")


def _words(abstract: Abstract) -> list[str]:
    return _words_of(f"{abstract.title or ''} {abstract.text}")


@lru_cache(maxsize=4096)
def _words_of(text: str) -> list[str]:
    return sorted(set(re.findall(r"\w+", text.lower())))
