"""Trainings from a tiny checkpoint: the whole network, or the head alone."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.classifiers.transformer.checkpoints.checkpoint import open_checkpoint
from adapters.classifiers.transformer.classifier import TransformerFamily
from adapters.classifiers.transformer.storage import KERAS, load_runtime
from domain.ports.classifier import Classifier, FitSession, TrainableClassifier
from domain.prediction import PredictionBatch
from tests.checkpoints import write_checkpoint
from tests.examples import small_papers, small_taxonomy
from tests.lazily import lazily, skip_without

skip_without("keras")
keras = lazily("keras")

pytestmark = pytest.mark.usefixtures("eagerly")
TAXONOMY = small_taxonomy()
TRAINING, VALIDATION = small_papers(24), small_papers(8, first=24)
ABSTRACTS = [paper.abstract for paper in small_papers(8, first=32)]
FAMILY = TransformerFamily("tiny", {})
# Three batches in an epoch, of one size so that their steps are compiled once, and a checkpoint after the second.
SMALL: dict[str, object] = {
    "batch_size": 8,
    "checkpoint_steps": 2,
    "epochs": 2,
    "head_learning_rate": 0.05,
    "learning_rate": 0.01,
    "max_length": 32,
    "precision": "float32",
    "weights": "float32",
}
FROZEN = {**SMALL, "freeze_encoder": True, "head_hidden": 6}


class Killed(BaseException):
    """Stands for the signal that ends a process."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a training gave: its classifier, the same loaded from its bundle, and the network of its .keras file."""

    trained: TrainableClassifier
    classifier: Classifier
    folder: Path
    network: Any

    def tensors(self, checkpoint: Path) -> dict[str, np.ndarray]:
        """The network's weights under the checkpoint's names."""
        from adapters.classifiers.transformer.network import tensors_of

        return tensors_of(self.network, open_checkpoint(str(checkpoint)).config)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pretrained encoder of two blocks, narrow even for a tiny one."""
    folder = tmp_path_factory.mktemp("checkpoint")
    return write_checkpoint(folder, hidden_size=16, num_attention_heads=2, intermediate_size=24)


@pytest.fixture(scope="module")
def tuned(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """A network fine-tuned as a whole."""
    return saved(fit(checkpoint, tmp_path_factory.mktemp("workspace")), tmp_path_factory.mktemp("tuned"))


@pytest.fixture(scope="module")
def frozen(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """A head trained on the vectors of a frozen encoder."""
    classifier = fit(checkpoint, tmp_path_factory.mktemp("workspace"), FROZEN)
    return saved(classifier, tmp_path_factory.mktemp("frozen"))


def separation(batch: PredictionBatch) -> float:
    """How sure the predictions are, enough for a score."""
    return float(np.array(batch.probabilities).std())


def killing(call: int) -> Callable[[PredictionBatch], float]:
    """Returns a score that ends the process at the given epoch."""
    calls: list[PredictionBatch] = []

    def score(batch: PredictionBatch) -> float:
        calls.append(batch)
        if len(calls) == call:
            raise Killed
        return separation(batch)

    return score


def fit(
    checkpoint: Path,
    workspace: Path,
    options: Mapping[str, object] = SMALL,
    *,
    score: Callable[[PredictionBatch], float] = separation,
) -> TrainableClassifier:
    """Trains from the checkpoint."""
    classifier = FAMILY.trainable(TAXONOMY, {**options, "checkpoint": str(checkpoint)})
    classifier.fit(TRAINING, VALIDATION, FitSession(5, workspace, score))
    return classifier


def saved(classifier: TrainableClassifier, folder: Path) -> Saved:
    """Saves, and loads what was saved."""
    classifier.save(folder)
    return Saved(classifier, FAMILY.load(folder, TAXONOMY), folder, keras.saving.load_model(folder / KERAS))


def probabilities(classifier: Classifier) -> np.ndarray:
    """The probabilities of the abstracts."""
    return np.array(classifier.predict(ABSTRACTS).probabilities)


def vector_files(workspace: Path) -> dict[Path, int]:
    """The cached vectors, and when each file was last written."""
    return {path: path.stat().st_mtime_ns for path in workspace.rglob("vectors-*.npy")}


def test_fine_tuning_changes_the_encoder(tuned: Saved, checkpoint: Path) -> None:
    """The weights of every layer of the encoder are other than the checkpoint's, and come back from the .keras file."""
    found, pretrained = tuned.tensors(checkpoint), open_checkpoint(str(checkpoint)).tensors
    unmoved = {name for name, tensor in pretrained.items() if name in found and np.array_equal(found[name], tensor)}
    assert unmoved == set()
    assert len(found) > 30


@pytest.mark.parametrize("which", ["tuned", "frozen"])
def test_the_keras_file_gives_what_is_served(which: str, request: pytest.FixtureRequest) -> None:
    """model.keras, loaded by Keras alone, gives a padded batch the probabilities that the bundle serves."""
    result: Saved = request.getfixturevalue(which)
    tokens = load_runtime(result.folder).tokenizer.read(ABSTRACTS)
    lengths = tokens.lengths()
    mask = (np.arange(lengths.max()) < lengths[:, None]).astype(np.int32)
    ids = np.zeros_like(mask)
    ids[mask.astype(bool)] = tokens.ids
    given = keras.ops.convert_to_numpy(result.network([ids, mask], training=False))
    np.testing.assert_allclose(given, probabilities(result.classifier), rtol=0, atol=1e-5)


def test_a_killed_training_goes_on_within_the_epoch(tuned: Saved, checkpoint: Path, tmp_path: Path) -> None:
    """Killed after the last step of its second epoch, a training goes on at the checkpoint before that step.

    It ends with the weights of the training that nothing disturbed.
    """
    with pytest.raises(Killed):
        fit(checkpoint, tmp_path / "workspace", score=killing(2))
    assert [path.name for path in (tmp_path / "workspace").glob("*/at-*")] == ["at-00002-00000002"]
    (tmp_path / "resumed").mkdir()
    resumed = saved(fit(checkpoint, tmp_path / "workspace"), tmp_path / "resumed").tensors(checkpoint)
    for name, tensor in tuned.tensors(checkpoint).items():
        np.testing.assert_allclose(resumed[name], tensor, rtol=0, atol=1e-6, err_msg=name)


def test_what_is_frozen_stays_so_after_a_kill(checkpoint: Path, tmp_path: Path) -> None:
    """A training with frozen layers that is killed and goes on leaves them as they were, and trains the others on."""
    options = {**SMALL, "frozen_layers": 1}
    with pytest.raises(Killed):
        fit(checkpoint, tmp_path / "workspace", options, score=killing(2))
    (tmp_path / "resumed").mkdir()
    resumed = saved(fit(checkpoint, tmp_path / "workspace", options), tmp_path / "resumed").tensors(checkpoint)
    for name, tensor in open_checkpoint(str(checkpoint)).tensors.items():
        if name.startswith(("embeddings.", "encoder.layer.0.")):
            np.testing.assert_array_equal(resumed[name], tensor, err_msg=name)
        elif name.startswith("encoder.layer.1."):
            assert not np.array_equal(resumed[name], tensor), name


def test_a_frozen_encoder_stays_as_it_is(frozen: Saved, checkpoint: Path) -> None:
    """With freeze_encoder the encoder's weights are the checkpoint's to the bit."""
    found, pretrained = frozen.tensors(checkpoint), open_checkpoint(str(checkpoint)).tensors
    same = {name for name, tensor in pretrained.items() if name in found and np.array_equal(found[name], tensor)}
    assert same == {name for name in pretrained if "pooler" not in name}


def test_vectors_are_made_once(frozen: Saved, checkpoint: Path, tmp_path: Path) -> None:
    """A killed training of the head goes on with the vectors it has, and ends as if undisturbed."""
    with pytest.raises(Killed):
        fit(checkpoint, tmp_path, FROZEN, score=killing(2))
    files = vector_files(tmp_path)
    resumed = fit(checkpoint, tmp_path, FROZEN)
    assert vector_files(tmp_path) == files
    assert len(files) == 3
    np.testing.assert_allclose(probabilities(resumed), probabilities(frozen.classifier), rtol=0, atol=1e-6)


def test_vectors_half_made_are_completed(frozen: Saved, checkpoint: Path, tmp_path: Path) -> None:
    """If a kill left vectors that are not made yet, those are made and the training ends as if undisturbed."""
    with pytest.raises(Killed):
        fit(checkpoint, tmp_path, FROZEN, score=killing(1))
    for path in vector_files(tmp_path):
        vectors = np.load(path)
        vectors[:] = np.nan
        np.save(path, vectors)
    resumed = fit(checkpoint, tmp_path, FROZEN)
    np.testing.assert_allclose(probabilities(resumed), probabilities(frozen.classifier), rtol=0, atol=1e-6)


def test_a_frozen_training_is_of_one_precision(checkpoint: Path, tmp_path: Path) -> None:
    """The head for int8 does not go on from vectors made in float32, because those are not what it will be served."""
    fit(checkpoint, tmp_path, FROZEN)
    before = vector_files(tmp_path)
    fit(checkpoint, tmp_path, {**FROZEN, "weights": "int8"})
    assert len(vector_files(tmp_path)) == 2 * len(before)


def test_a_head_needs_no_batch_size(checkpoint: Path, tmp_path: Path) -> None:
    """Left open, the batch of a head that is trained alone suits the number of papers, however few."""
    options = {name: value for name, value in FROZEN.items() if name != "batch_size"}
    assert np.isfinite(probabilities(fit(checkpoint, tmp_path, options))).all()


def test_a_head_is_judged_by_what_is_served(checkpoint: Path, tmp_path: Path) -> None:
    """The probabilities by which an epoch of the head is judged are those that the saved model gives."""
    judged: list[np.ndarray] = []

    def score(batch: PredictionBatch) -> float:
        judged.append(np.array(batch.probabilities))
        return float(len(judged))  # the last epoch is the best

    classifier = fit(checkpoint, tmp_path, FROZEN, score=score)
    served = classifier.predict([paper.abstract for paper in VALIDATION])
    np.testing.assert_allclose(judged[-1], np.array(served.probabilities), rtol=0, atol=1e-6)


def further(bundle: Path, workspace: Path, *, fingerprint: str) -> np.ndarray:
    """The probabilities after a training from a saved model that can hardly move."""
    (bundle / "manifest.json").write_text(json.dumps({"taxonomy": {"fingerprint": fingerprint}}), "utf-8")
    still = {**SMALL, "learning_rate": 1e-8, "head_learning_rate": 1e-8, "epochs": 1}
    return probabilities(fit(bundle, workspace, still))


def test_a_saved_model_is_trained_further(tuned: Saved, tmp_path: Path) -> None:
    """Training from a model of the same categories starts with what it says; of others, its head is not used."""
    bundle = tmp_path / "bundle"
    shutil.copytree(tuned.folder, bundle)
    known = further(bundle, tmp_path / "known", fingerprint=TAXONOMY.fingerprint())
    np.testing.assert_allclose(known, probabilities(tuned.classifier), rtol=0, atol=1e-4)
    assert np.abs(further(bundle, tmp_path / "other", fingerprint="another") - known).max() > 0.01


def test_what_was_rounded_is_there_unrounded(tuned: Saved, checkpoint: Path, tmp_path: Path) -> None:
    """A model served in int8 gives its predictions from float32 weights too. One served in float32 was not rounded."""
    assert tuned.trained.unrounded() is None
    rounded = fit(checkpoint, tmp_path, {**SMALL, "weights": "int8"})
    exact = rounded.unrounded()
    assert exact is not None
    assert np.abs(probabilities(exact) - probabilities(rounded)).max() > 1e-5
    np.testing.assert_allclose(probabilities(exact), probabilities(tuned.classifier), rtol=0, atol=1e-5)
