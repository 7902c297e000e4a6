"""Predicting in several processes."""

import os
import signal
from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
import pytest
from typing_extensions import override

from adapters.classifier_pool.processes import CAN_FORK, ProcessPool
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.checkpoint import Checkpoint, go_on
from domain.errors import ArxivClassifierError, InvalidInputError
from domain.prediction import PredictionBatch
from tests.examples import small_taxonomy
from tests.fakes.classifier import FakeClassifier


class TextClassifier(FakeClassifier):
    """Gives each text probabilities of its own, and knows no word of those that end in 1."""

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        words = [f"{paper.text}|{paper.title}|{paper.month}".encode() for paper in abstracts]
        table = np.array([[crc32(word, column) for column in range(len(self.taxonomy))] for word in words])
        unread = frozenset(row for row, paper in enumerate(abstracts) if paper.text.endswith("1"))
        return PredictionBatch(self.taxonomy, (table / 2**32).astype(np.float32).data, unread)


def open_fake() -> TextClassifier:
    """A classifier, for processes that open their own."""
    return TextClassifier(small_taxonomy())


class TroubledClassifier(TextClassifier):
    """Dies, or fails, where a text says so; with a `mark`, it dies once and leaves that file."""

    mark = ""

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        for abstract in abstracts:
            if abstract.text == "die" and not (self.mark and os.path.exists(self.mark)):
                if self.mark:
                    open(self.mark, "x").close()
                os.kill(os.getpid(), signal.SIGKILL)
            if abstract.text == "fail":
                raise InvalidInputError("This text fails.")
        return super().predict(abstracts, checkpoint=checkpoint)


MONTHS = (None, "2019-03")
needs_fork = pytest.mark.skipif(not CAN_FORK, reason="the trouble is in a classifier that workers are forked with")


def numbered(batches: int, size: int = 3) -> list[list[Abstract]]:
    """Batches of texts that differ."""
    return [
        [Abstract(f"text {number} {row}", id=f"{number} {row}") for row in range(size)] for number in range(batches)
    ]


def pool(classifier: FakeClassifier, workers: int = 2, *, fork: bool = CAN_FORK) -> ProcessPool:
    """A pool of copies of the classifier."""
    return ProcessPool(classifier, workers, open_classifier=open_fake, fork=fork)


@pytest.mark.parametrize("fork", [pytest.param(True, marks=pytest.mark.skipif(not CAN_FORK, reason="no fork")), False])
@pytest.mark.parametrize("workers", [1, 3])
def test_batches_come_back_in_order_and_as_one_classifier_predicts_them(workers: int, fork: bool) -> None:
    """Each batch comes back itself, in its place, with the probabilities that one process gives."""
    given = numbered(11)
    found = list(pool(open_fake(), workers, fork=fork).predict_all(iter(given)))
    assert [batch for batch, _ in found] == given
    for batch, predictions in found:
        assert np.array_equal(predictions.probabilities, open_fake().predict(batch).probabilities)
        assert predictions.unread == open_fake().predict(batch).unread == {1}


@needs_fork
def test_columns_travel_as_they_are() -> None:
    """Batches in columns get the predictions of their abstracts, with titles, months and other alphabets."""
    papers = [
        Abstract(f"\u00e9 \u4e2d {row}", title=title, id=str(row), month=month)
        for row, (title, month) in enumerate([(None, None), ("T \u0416", "2019-03"), ("T", None), (None, "1999-12")])
    ]
    given = [AbstractBatch.of(papers), AbstractBatch.of(papers)[1:3], papers]
    found = [predictions for _, predictions in pool(open_fake()).predict_all(given)]
    for batch, predictions in zip([papers, papers[1:3], papers], found, strict=True):
        assert np.array_equal(predictions.probabilities, open_fake().predict(batch).probabilities)


def test_no_batches_are_no_predictions() -> None:
    """A pool that is given nothing yields nothing."""
    assert list(pool(open_fake()).predict_all([])) == []


def test_few_batches_are_read_ahead() -> None:
    """Two workers have four batches at most, however many there are."""
    read: list[int] = []

    def batches() -> Iterator[list[Abstract]]:
        for number, batch in enumerate(numbered(1000, 1)):
            read.append(number)
            yield batch

    predicted = pool(open_fake()).predict_all(batches())
    next(predicted)
    next(predicted)
    assert len(read) == 5
    predicted.close()  # type: ignore[attr-defined]  # a generator


@needs_fork
def test_a_worker_that_dies_is_replaced(tmp_path: "os.PathLike[str]") -> None:
    """Its batches are predicted by another one. Nothing is missing or there twice."""
    classifier = TroubledClassifier(small_taxonomy())
    classifier.mark = os.path.join(tmp_path, "died")
    given = numbered(9)
    given[4][1] = Abstract("die")
    assert [batch for batch, _ in pool(classifier).predict_all(given)] == given
    assert os.path.exists(classifier.mark)


@needs_fork
def test_workers_that_die_of_one_batch_end_the_work() -> None:
    """The third death at the same batch is an error that says what happened."""
    given = numbered(5)
    given[2][0] = Abstract("die")
    predicted = pool(TroubledClassifier(small_taxonomy())).predict_all(given)
    with pytest.raises(ArxivClassifierError, match=r"3 worker processes ended .* 3 abstracts.*was killed by SIGKILL"):
        list(predicted)


@needs_fork
def test_what_the_classifier_raises_comes_out_in_its_place() -> None:
    """The batches before it come first, and the error is the classifier's own."""
    given = numbered(6)
    given[3][2] = Abstract("fail")
    predicted = pool(TroubledClassifier(small_taxonomy())).predict_all(given)
    assert [next(predicted)[0] for _ in range(3)] == given[:3]
    with pytest.raises(InvalidInputError, match=r"This text fails\."):
        next(predicted)


def test_workers_end_with_the_iterator() -> None:
    """If a caller stops early, no process goes on."""
    crew = pool(open_fake())
    predicted = crew.predict_all(numbered(50))
    next(predicted)
    pids = crew.pids()
    assert len(pids) == 2
    predicted.close()  # type: ignore[attr-defined]  # a generator
    assert crew.pids() == []
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_large_batch_does_not_block() -> None:
    """Messages and answers larger than a pipe's buffer pass each other."""
    given = [[Abstract("word " * 3000)] * 400 for _ in range(6)]
    assert len(list(pool(open_fake()).predict_all(given))) == 6
