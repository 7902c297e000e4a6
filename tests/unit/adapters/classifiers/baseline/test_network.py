"""The Keras network against the serving form."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.classifiers.baseline.batches import Batch, TrainingSet, batches
from adapters.classifiers.baseline.classifier import BaselineFamily
from adapters.classifiers.baseline.features import BagMaker
from adapters.classifiers.baseline.options import BaselineOptions
from adapters.classifiers.baseline.reading import CodeReader, term_reader
from adapters.classifiers.baseline.serving import ServedBaseline, Weights, quantised, spans_of
from adapters.classifiers.baseline.vocabulary import Vocabulary
from adapters.classifiers.learning.array_files import array_files
from domain.abstract import Abstract
from domain.errors import ConfigurationError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.classifier import Epoch, FitSession
from domain.prediction import PredictionBatch
from tests.examples import small_papers, small_taxonomy
from tests.lazily import lazily
from tests.unit.adapters.classifiers.baseline.preparing import prepared as prepared_papers

if TYPE_CHECKING:
    from adapters.classifiers.baseline import checkpoints, fitting
    from adapters.classifiers.baseline import network as networks
    from adapters.classifiers.learning import losses
else:
    checkpoints = lazily("adapters.classifiers.baseline.checkpoints")
    fitting = lazily("adapters.classifiers.baseline.fitting")
    networks = lazily("adapters.classifiers.baseline.network")
    losses = lazily("adapters.classifiers.learning.losses")

pytestmark = pytest.mark.usefixtures("eagerly")
TAXONOMY = small_taxonomy()
OPTIONS = BaselineOptions(min_count=1, hidden=(6, 4), epochs=2, batch_size=16, weights="float32")
PAPERS = small_papers(48)


@pytest.fixture(scope="module")
def prepared() -> tuple[Vocabulary, TrainingSet]:
    """A vocabulary and training set of a few papers."""
    return prepared_papers(PAPERS, TAXONOMY, OPTIONS)


def keras_probabilities(model: object, data: TrainingSet) -> np.ndarray:
    """Returns the probabilities of a `.keras` model for the papers with titles, in order."""
    lengths = data.with_titles.lengths()
    features = np.zeros((len(data), lengths.max()), np.int32)
    weights = np.zeros(features.shape, np.float32)
    for paper, length in enumerate(lengths):
        span = slice(data.with_titles.offsets[paper], data.with_titles.offsets[paper + 1])
        features[paper, :length] = data.with_titles.features[span]
        weights[paper, :length] = data.with_titles.weights[span]
    return np.asarray(model([features, weights, data.months], training=False))  # type: ignore[operator]  # Keras ships no types


def trained(folder: Path, **options: object) -> tuple[object, Path]:
    """A small baseline, trained and saved."""
    classifier = BaselineFamily().trainable(TAXONOMY, {"min_count": 1, "hidden": [6], "epochs": 2, **options})
    session = FitSession(seed=1, workspace=folder / "work", score=lambda batch: float(len(batch)))
    classifier.fit(PAPERS, PAPERS[:8], session)
    saved = folder / "model"
    saved.mkdir()
    classifier.save(saved)
    return classifier, saved


@pytest.mark.parametrize("weights", ["float32", "int8"])
def test_the_keras_file_predicts_as_the_serving_form(
    weights: str, tmp_path: Path, prepared: tuple[Vocabulary, TrainingSet]
) -> None:
    """The probabilities of `model.keras` and of the bundle differ by less than 1e-5."""
    import keras

    _, saved = trained(tmp_path, weights=weights)
    served = BaselineFamily().load(saved, TAXONOMY).predict([paper.abstract for paper in PAPERS])
    ours = keras_probabilities(keras.saving.load_model(saved / "model.keras"), prepared[1])
    np.testing.assert_allclose(ours, np.asarray(served.probabilities), atol=1e-5)


def test_many_papers_predict_as_one_by_one(tmp_path: Path) -> None:
    """SciPy's product for a batch and numpy's for a single paper agree within 1e-5."""
    _, saved = trained(tmp_path, keep_keras=False)
    served = BaselineFamily().load(saved, TAXONOMY)
    abstracts = [paper.abstract for paper in PAPERS]
    together = np.asarray(served.predict(abstracts).probabilities)
    alone = np.concatenate([np.asarray(served.predict([abstract]).probabilities) for abstract in abstracts])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_long_papers_are_taken_a_few_at_a_time(prepared: tuple[Vocabulary, TrainingSet]) -> None:
    """Spans hold at most 512 papers and about a million characters, and cover every paper once, in order."""
    long = [Abstract("x" * 20_000)] * 120
    spans = list(spans_of([*long, *[Abstract("x")] * 1200]))
    assert [start for start, _ in spans[1:]] == [end for _, end in spans[:-1]]
    assert (spans[0][0], spans[-1][1]) == (0, 1320)
    assert spans[0] == (0, 50)
    assert max(end - start for start, end in spans) <= 512
    assert list(spans_of([])) == []


def test_a_training_that_comes_apart_says_so(tmp_path: Path) -> None:
    """A score that is not a number ends the training with what to change."""
    classifier = BaselineFamily().trainable(TAXONOMY, {"min_count": 1, "hidden": [6]})
    with pytest.raises(ConfigurationError, match="Lower learning_rate"):
        classifier.fit(PAPERS, PAPERS[:8], FitSession(1, tmp_path, lambda _: float("nan")))


def test_other_papers_do_not_go_on_from_a_checkpoint(tmp_path: Path) -> None:
    """The same workspace with other labels starts anew."""

    class KilledError(Exception):
        pass

    def kill(_epoch: Epoch) -> None:
        raise KilledError

    def fit(papers: list[LabelledAbstract], on_epoch: Callable[[Epoch], None]) -> None:
        classifier = BaselineFamily().trainable(TAXONOMY, {"min_count": 1, "hidden": [6], "epochs": 2})
        classifier.fit(papers, PAPERS[:8], FitSession(1, tmp_path, lambda _: 0.5, on_epoch))

    with pytest.raises(KilledError):
        fit(PAPERS, kill)
    seen: list[int] = []
    fit([replace(paper, categories=paper.categories[:1]) for paper in PAPERS], lambda epoch: seen.append(epoch.number))
    assert seen == [1, 2]


def test_a_backend_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A wrong KERAS_BACKEND ends in one sentence before any paper is read."""
    code = (
        "from adapters.classifiers.learning.keras_backend import require_keras; from domain.errors import *\n"
        "try: require_keras('it')\nexcept ConfigurationError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "KERAS_BACKEND": "foo"}, capture_output=True)
    assert b"KERAS_BACKEND is 'foo'" in done.stdout


def test_weights_go_into_a_network_and_come_back(prepared: tuple[Vocabulary, TrainingSet]) -> None:
    """Export is the inverse of import."""
    network = networks.build_network(len(prepared[0]), len(TAXONOMY), OPTIONS, seed=3)
    weights = networks.weights_of(network, prepared[1].timeline)
    again = networks.weights_of(fitting.rebuilt(weights), prepared[1].timeline)
    np.testing.assert_array_equal(weights.table, again.table)
    np.testing.assert_array_equal(weights.layers[0].kernel, again.layers[0].kernel)


def test_the_same_seed_gives_the_same_weights_and_another_others(prepared: tuple[Vocabulary, TrainingSet]) -> None:
    """Initial weights depend on the seed alone."""
    first, second, other = (
        networks.weights_of(
            networks.build_network(len(prepared[0]), len(TAXONOMY), OPTIONS, seed=seed), prepared[1].timeline
        ).table
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 0


def test_quantised_rows_are_within_half_a_step() -> None:
    """Each weight moves by at most half of its row's largest over 127."""
    kernel = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)
    table, scale = quantised(kernel)
    assert table.dtype == np.int8
    assert np.all(np.abs(table * scale[:, None] - kernel) <= scale[:, None] * 0.5001)


@pytest.mark.parametrize("loss", ["bce", "focal", "asymmetric"])
def test_every_loss_falls_in_training(loss: str, prepared: tuple[Vocabulary, TrainingSet]) -> None:
    """A few epochs of each loss bring it below where it began."""
    options = replace(OPTIONS, loss=loss, learning_rate=0.1, term_dropout=0.0, hidden_dropout=0.0)
    network = networks.build_network(len(prepared[0]), len(TAXONOMY), options, seed=0)
    networks.compile_network(network, options, steps=18)
    losses = []
    for epoch in range(6):
        network.reset_metrics()
        for batch in batches(prepared[1], size=16, title_dropout=0.3, month_dropout=0.2, seed=0, epoch=epoch):
            inputs = [batch.features, batch.weights, batch.months]
            loss_now = network.train_on_batch(inputs, batch.targets, batch.paper_weights)
        losses.append(float(loss_now))
    assert losses[-1] < 0.7 * losses[0]


def test_asymmetric_loss_without_focus_or_margin_is_cross_entropy() -> None:
    """With both exponents and the margin at 0 it is the binary cross-entropy."""
    import keras

    targets, logits = np.array([[1.0, 0.0, 1.0]], np.float32), np.array([[2.0, -1.0, -3.0]], np.float32)
    ours = losses.AsymmetricLoss(0.0, 0.0, 0.0)(targets, logits)
    theirs = keras.losses.BinaryCrossentropy(from_logits=True)(targets, logits)
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-5)


def test_a_training_leaves_no_papers_behind(tmp_path: Path) -> None:
    """The files of training papers are removed at the end. The workspace keeps the checkpoints alone."""
    trained(tmp_path, keep_keras=False)
    assert [path.name.partition("-")[0] for path in (tmp_path / "work").iterdir()] == ["baseline"]


def test_a_killed_training_goes_on_and_ends_alike(tmp_path: Path) -> None:
    """Stopped after its first epoch and started again, it gives the weights of an undisturbed run."""

    class KilledError(Exception):
        pass

    def kill(_epoch: Epoch) -> None:
        raise KilledError

    def fit(workspace: Path, on_epoch: object = lambda epoch: None) -> np.ndarray:
        classifier = BaselineFamily().trainable(
            TAXONOMY, {"min_count": 1, "hidden": [6], "epochs": 3, "batch_size": 16}
        )
        session = FitSession(1, workspace, lambda batch: _confidence(batch), on_epoch)  # type: ignore[arg-type]  # either
        classifier.fit(PAPERS, PAPERS[:8], session)
        return np.asarray(classifier.predict([paper.abstract for paper in PAPERS]).probabilities)

    undisturbed = fit(tmp_path / "one")
    with pytest.raises(KilledError):
        fit(tmp_path / "two", kill)
    seen: list[int] = []
    resumed = fit(tmp_path / "two", lambda epoch: seen.append(epoch.number))
    assert seen == [2, 3]
    np.testing.assert_allclose(resumed, undisturbed, atol=1e-6)


def _confidence(batch: PredictionBatch) -> float:
    return float(np.asarray(batch.probabilities).max())


def test_patience_ends_a_training_and_the_best_epoch_is_kept(tmp_path: Path) -> None:
    """With scores that only fall, training ends after `patience` more epochs and keeps the first."""
    scores = iter([3.0, 2.0, 1.0, 0.5, 0.2])
    epochs: list[Epoch] = []
    classifier = BaselineFamily().trainable(TAXONOMY, {"min_count": 1, "hidden": [6], "epochs": 5, "patience": 2})
    classifier.fit(PAPERS, PAPERS[:8], FitSession(1, tmp_path, lambda _: next(scores), epochs.append))
    assert [epoch.number for epoch in epochs] == [1, 2, 3]


def test_few_papers_are_learnt_in_small_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default a training of 48 papers takes two steps an epoch, and a given batch is kept."""
    sizes: list[int] = []

    def seen(data: TrainingSet, *, size: int, **options: Any) -> Iterator[Batch]:
        sizes.append(size)
        return batches(data, size=size, **options)

    monkeypatch.setattr("adapters.classifiers.baseline.fitting.batches", seen)
    trained(tmp_path / "open", epochs=1)
    trained(tmp_path / "given", epochs=1, batch_size=20)
    assert sizes == [32, 20]


@given(count=st.integers(1, 10**7), rate=st.floats(1e-6, 1.0))
def test_batch_and_rate_follow_the_number_of_papers(count: int, rate: float) -> None:
    """More papers never make smaller batches or a higher rate, and both stay within their bounds."""
    fewer, more = (BaselineOptions(learning_rate=rate).for_papers(papers) for papers in (count, 2 * count))
    assert 32 <= fewer.batch_size <= more.batch_size <= 1024
    assert 2.5 * rate >= fewer.learning_rate >= more.learning_rate >= rate


def test_many_papers_are_learnt_as_the_shipped_model_was() -> None:
    """From some 410,000 papers on the options are those of the shipped model. A given batch leaves the rate alone."""
    many = BaselineOptions().for_papers(410_856)
    assert (many.batch_size, many.learning_rate) == (1024, 0.002)
    chosen = BaselineOptions(batch_size=64).for_papers(1_000)
    assert (chosen.batch_size, chosen.learning_rate) == (64, 0.002)


def test_batches_hold_every_paper_once(prepared: tuple[Vocabulary, TrainingSet]) -> None:
    """An epoch is a permutation of the papers, another one for each epoch and seed."""
    data = replace(prepared[1], weights=np.arange(len(PAPERS), dtype=np.float32))

    def order(seed: int, epoch: int) -> list[float]:
        found = batches(data, size=7, title_dropout=0.5, month_dropout=0.2, seed=seed, epoch=epoch)
        return [paper for batch in found for paper in batch.paper_weights.tolist()]

    assert sorted(order(0, 1)) == list(range(len(PAPERS)))
    assert order(0, 1) == order(0, 1)
    assert order(0, 1) != order(0, 2)
    assert order(0, 1) != order(1, 1)


@pytest.mark.parametrize(("devices", "sizes"), [(1, [20, 20, 8]), (3, [18, 18, 6]), (16, [16, 16])])
def test_batches_are_divided_evenly(
    devices: int,
    sizes: list[int],
    tmp_path: Path,
    prepared: tuple[Vocabulary, TrainingSet],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Papers that the devices cannot divide are left out, and with them a batch that has fewer papers than devices."""
    import keras

    seen: list[int] = []

    def train(network: keras.Model, inputs: list[np.ndarray], targets: np.ndarray, **_: object) -> float:
        seen.append(len(targets))
        assert {len(each) for each in inputs} == {len(targets)}
        return 0.5

    monkeypatch.setattr(keras.Model, "train_on_batch", train)
    options = replace(OPTIONS, epochs=1, batch_size=20)
    session = FitSession(1, tmp_path, lambda _: 1.0)
    with array_files(tmp_path / "arrays") as files:
        fitting.Fitting(prepared[1], files, len(prepared[0]), options, session, lambda _: 1.0, devices).run(
            checkpoints.Checkpoints(tmp_path, "key")
        )
    assert sorted(seen, reverse=True) == sizes


def test_term_weights_reach_the_logits(prepared: tuple[Vocabulary, TrainingSet]) -> None:
    """The serving form computes what the formula says: a perceptron's logits plus those of the linear columns."""
    vocabulary, data = prepared
    weights: Weights = networks.weights_of(
        networks.build_network(len(vocabulary), len(TAXONOMY), OPTIONS, seed=5), data.timeline
    )
    reader, maker = CodeReader(term_reader(OPTIONS.text), vocabulary.codes()), BagMaker(vocabulary)
    bags = maker.bags(reader.read([PAPERS[0].abstract]))
    dense = np.zeros(len(vocabulary), np.float32)
    dense[bags.features] = bags.weights
    product = dense @ weights.table + weights.bias
    hidden = product[: OPTIONS.hidden[0]]
    for layer in weights.layers:
        hidden = np.maximum(hidden, 0) @ layer.kernel + layer.bias
    logits = hidden + product[OPTIONS.hidden[0] :]
    served = ServedBaseline(TAXONOMY, OPTIONS.text, vocabulary, weights).predict([PAPERS[0].abstract])
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), np.asarray(served.probabilities)[0], atol=1e-6)
    assert len(data) == len(PAPERS)


def test_a_loaded_network_keeps_its_shape(prepared: tuple[Vocabulary, TrainingSet]) -> None:
    """Weights of another shape are refused by Keras rather than cut to fit."""
    network = networks.build_network(len(prepared[0]), len(TAXONOMY), OPTIONS, seed=0)
    other = networks.weights_of(
        networks.build_network(len(prepared[0]), len(TAXONOMY) + 1, OPTIONS, seed=0), prepared[1].timeline
    )
    with pytest.raises(ValueError, match="shape"):
        networks.load_weights(network, other)
