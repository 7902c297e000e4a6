"""AdamW with a rate per layer."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.classifiers.transformer.encoder_config import EncoderConfig
from adapters.classifiers.transformer.options import TransformerOptions
from tests.lazily import lazily, skip_without

skip_without("keras")
keras = lazily("keras")

pytestmark = pytest.mark.usefixtures("eagerly")
OPTIONS = TransformerOptions(
    learning_rate=1e-3, head_learning_rate=4e-3, layer_decay=0.5, warm_up=0.0, dropout=0.0, encoder_dropout=0.0
)
IDS = np.random.default_rng(0).integers(0, 40, (4, 12)).astype(np.int32)


def _step(multipliers: dict[str, float], *, naming: bool) -> dict[str, np.ndarray]:
    """How far one step with gradients of ones moves each variable of two layers."""
    from adapters.classifiers.transformer.optimiser import LayerwiseAdamW

    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(2, name="upper")(keras.layers.Dense(3, name="lower")(inputs))
    variables = keras.Model(inputs, outputs).trainable_variables
    before = [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
    optimiser = LayerwiseAdamW(0.01, multipliers, weight_decay=0.0)
    optimiser.build(variables)
    gradients = [keras.ops.ones(variable.shape) for variable in variables]
    optimiser.apply(gradients, variables) if naming else optimiser.apply(gradients)
    return {v.path: keras.ops.convert_to_numpy(v) - old for v, old in zip(variables, before, strict=True)}


@pytest.mark.parametrize("naming", [True, False])
def test_a_layers_step_is_multiplied_by_its_factor(naming: bool) -> None:
    """A layer of factor 0.5 moves half as far and one of factor 0 stays; variables may be left unnamed, as JAX does."""
    whole = _step({}, naming=naming)
    changed = _step({"lower": 0.5, "upper": 0.0}, naming=naming)
    assert {path for path in whole if np.abs(whole[path]).max() < 0.009} == set()
    for path, moved in changed.items():
        np.testing.assert_allclose(moved, whole[path] * (0.5 if "lower" in path else 0.0), atol=1e-7)


def tiny_network(options: TransformerOptions) -> Any:
    """A network of two blocks with random weights, compiled with the optimiser of a training of 100 steps."""
    from adapters.classifiers.transformer.network import build_network, freeze
    from adapters.classifiers.transformer.optimiser import optimiser

    keras.utils.set_random_seed(0)
    network = build_network(EncoderConfig(40, 8, 2, 2, 16, max_position_embeddings=12), 3, options)
    freeze(network, options.frozen_layers)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    network.compile(optimizer=optimiser(options, blocks=2, steps=100), loss=loss)
    network.optimizer.build(network.trainable_variables)
    return network


def train_a_step(network: Any) -> None:
    """Trains on four papers at once."""
    network.train_on_batch([IDS, np.ones_like(IDS)], np.eye(4, 3, dtype=np.float32))


def weights_of(network: Any) -> dict[str, np.ndarray]:
    """A copy of a network's weights, by path."""
    return {variable.path: array(variable) for variable in network.weights if "seed_generator" not in variable.path}


def array(variable: Any) -> np.ndarray:
    """A copy of a variable."""
    return np.array(keras.ops.convert_to_numpy(variable))


@dataclass(frozen=True, slots=True)
class Trained:
    """A network after one step, and its weights before and after."""

    network: Any
    before: dict[str, np.ndarray]
    after: dict[str, np.ndarray]

    def moved(self, layer: str) -> float:
        """How far the weights of a layer moved, the median over them."""
        paths = [path for path in self.before if path.startswith(f"{layer}/")]
        return float(np.median(np.concatenate([abs(self.after[p] - self.before[p]).ravel() for p in paths])))


def trained(options: TransformerOptions) -> Trained:
    """A tiny network trained for one step."""
    network = tiny_network(options)
    before = weights_of(network)
    train_a_step(network)
    return Trained(network, before, weights_of(network))


@pytest.fixture(scope="module")
def whole() -> Trained:
    """A network trained with none of its layers frozen."""
    return trained(OPTIONS)


def test_rates_fall_layer_by_layer() -> None:
    """The highest block has factor 1, each below `layer_decay` times less, the embeddings least, the head its own."""
    from adapters.classifiers.transformer.optimiser import multipliers

    factors = multipliers(OPTIONS, blocks=3)
    assert [factors[f"block_{number}"] for number in (2, 1, 0)] == [1.0, 0.5, 0.25]
    assert (factors["embeddings"], factors["pooler"]) == (0.125, 1.0)
    assert factors["logits"] == factors["head_hidden"] == pytest.approx(4.0)


def test_the_rate_rises_and_falls() -> None:
    """The rate is at its highest after the warm-up, a tenth of the steps here, and 0 at the last step."""
    from adapters.classifiers.transformer.optimiser import optimiser

    made = optimiser(TransformerOptions(learning_rate=0.01, warm_up=0.1), blocks=1, steps=100)
    made.build([keras.Variable(0.0)])
    rates = []
    for step in range(101):
        made.iterations.assign(step)
        rates.append(float(array(made.learning_rate)))
    assert (np.diff(rates[:11]) > 0).all() and (np.diff(rates[10:]) < 0).all()
    assert rates[10] == pytest.approx(0.01)
    assert 0 < rates[0] < 0.002
    assert rates[100] == pytest.approx(0.0, abs=1e-9)


def test_a_lower_block_moves_less(whole: Trained) -> None:
    """AdamW's first step is as long as the rate: each block moves half as far as the one above, the head farther."""
    assert whole.moved("block_1") == pytest.approx(1e-3, rel=0.02)
    assert whole.moved("block_0") == pytest.approx(0.5e-3, rel=0.02)
    assert whole.moved("embeddings") == pytest.approx(0.25e-3, rel=0.02)
    assert whole.moved("logits") == pytest.approx(4e-3, rel=0.02)


def test_frozen_layers_do_not_move() -> None:
    """Embeddings and the frozen blocks stay to the bit, though weights decay. The block above them moves."""
    frozen = trained(replace(OPTIONS, frozen_layers=1, weight_decay=0.5))
    kept = [path for path in frozen.before if path.startswith(("embeddings/", "block_0/"))]
    assert len(kept) == 5 + 12
    assert all(np.array_equal(frozen.after[path], frozen.before[path]) for path in kept)
    assert frozen.moved("block_1") == pytest.approx(1e-3, rel=0.02)


def test_weight_decay_leaves_biases_and_norms_alone() -> None:
    """A step without gradients shrinks kernels and tables, a lower layer's by less, and nothing else."""
    network = tiny_network(replace(OPTIONS, weight_decay=0.5))
    variables = network.trainable_variables
    for variable in variables:
        variable.assign(np.ones(variable.shape, np.float32))
    network.optimizer.apply([keras.ops.zeros(variable.shape) for variable in variables], variables)
    shrunk = {variable.path: 1 - float(array(variable).mean()) for variable in variables}
    assert {path for path in shrunk if shrunk[path] == 0} == {
        path for path in shrunk if path.endswith(("/bias", "/gamma", "/beta"))
    }
    expected = {"block_1/output/kernel": 5e-4, "block_0/output/kernel": 2.5e-4, "embeddings/word": 1.25e-4}
    assert {path: shrunk[path] for path in expected} == pytest.approx(expected, rel=0.01)


def test_the_optimiser_comes_back_from_the_file(whole: Trained, tmp_path: Path) -> None:
    """A network loaded from its .keras file goes on as the one that was saved, with moments, rate and multipliers."""
    whole.network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert loaded.optimizer.multipliers == whole.network.optimizer.multipliers
    assert int(loaded.optimizer.iterations) == int(whole.network.optimizer.iterations) == 1
    before = weights_of(loaded)
    train_a_step(whole.network)
    train_a_step(loaded)
    expected, found = weights_of(whole.network), weights_of(loaded)
    for path, weights in found.items():
        np.testing.assert_allclose(weights, expected[path], rtol=0, atol=1e-7)
    assert not np.array_equal(found["block_0/output/kernel"], before["block_0/output/kernel"])
