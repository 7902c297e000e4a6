"""The multi-layer perceptron in Keras 3, for any backend. Imported only to train or to export."""

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from adapters.classifiers.baseline.months import YEARS, Timeline
from adapters.classifiers.baseline.options import BaselineOptions
from adapters.classifiers.baseline.serving import Dense, Months, Weights
from adapters.classifiers.learning.losses import loss_of


@keras.saving.register_keras_serializable("arxiv_classifier")
class WeightedBag(layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """The product of sparse bags and a dense kernel, without a matrix as wide as the vocabulary.

    Inputs are features (papers, length) int32 and weights (papers, length) float32, padded with weight 0. The output
    has shape (papers, units).
    """

    def __init__(self, features: int, units: int, seed: int = 0, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.features = features
        self.units = units
        self.seed = seed

    def build(self, *_shapes: object) -> None:
        """Creates the kernel of shape (features, units) and the bias."""
        initial = keras.initializers.RandomNormal(stddev=0.05, seed=self.seed)
        self.kernel = self.add_weight(shape=(self.features, self.units), initializer=initial, name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, features: object, weights: object) -> object:
        """Returns the weighted sum of the kernel's rows plus the bias."""
        rows = ops.take(self.kernel, features, axis=0)
        return ops.einsum("bl,blh->bh", weights, rows) + self.bias

    def get_config(self) -> dict[str, object]:
        """Returns the arguments from which Keras rebuilds the layer."""
        return {**super().get_config(), "features": self.features, "units": self.units, "seed": self.seed}


def build_network(features: int, categories: int, options: BaselineOptions, seed: int) -> keras.Model:
    """Returns an uncompiled model from (features, weights, months) to logits of shape (papers, categories).

    One sparse product gives both the first hidden layer and, in its last columns, a linear model whose logits are added
    to the perceptron's (wide and deep, Cheng et al. 2016). The months, of shape (papers, knots), add to both. Zeros
    mean today.
    """
    ids = keras.Input((None,), dtype="int32", name="features")
    weights = keras.Input((None,), dtype="float32", name="weights")
    kept = layers.Dropout(options.term_dropout, seed=0, name="term_dropout")(weights)
    wide = options.hidden[0]
    months = keras.Input((len(YEARS),), dtype="float32", name="months")
    bag = WeightedBag(features, wide + categories, seed, name="bag")(ids, kept)
    added = layers.Dense(wide + categories, use_bias=False, kernel_initializer="zeros", name="months_added")(months)
    product = layers.Add(name="first_layer")([bag, added])
    hidden = product[:, :wide]
    for number, units in enumerate(options.hidden[1:], start=1):
        hidden = layers.Dropout(options.hidden_dropout, seed=number)(layers.Activation("relu")(hidden))
        initial = keras.initializers.GlorotUniform(seed=seed + number)
        hidden = layers.Dense(units, kernel_initializer=initial, name=f"hidden_{number}")(hidden)
    hidden = layers.Dropout(options.hidden_dropout, seed=99)(layers.Activation("relu")(hidden))
    initial = keras.initializers.GlorotUniform(seed=seed + 99)
    logits = layers.Dense(categories, kernel_initializer=initial, name="logits")(hidden)
    return keras.Model([ids, weights, months], layers.Add(name="sum")([logits, product[:, wide:]]), name="baseline")


def compile_network(network: keras.Model, options: BaselineOptions, steps: int) -> None:
    """Compiles the network with Adam. The rate warms up over at most 200 steps, then falls along a cosine to 0."""
    warm_up = min(200, max(1, steps // 10))
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=options.learning_rate / warm_up,
        decay_steps=max(1, steps - warm_up),
        warmup_target=options.learning_rate,
        warmup_steps=warm_up,
    )
    network.compile(optimizer=keras.optimizers.Adam(rate), loss=loss_of(options))


def start_from_prior(network: keras.Model, targets: NDArray[np.uint8]) -> None:
    """Sets the last bias to the log-odds of each category, so that training need not learn them."""
    share = (targets.sum(axis=0) + 0.5) / (len(targets) + 1.0)
    network.get_layer("logits").bias.assign(np.log(share / (1 - share)).astype(np.float32))


def reseed(network: keras.Model, seed: int, epoch: int) -> None:
    """Sets the random state of every dropout for this epoch, independent of what ran before."""
    for number, layer in enumerate(network.layers):
        if isinstance(layer, layers.Dropout) and layer.rate > 0:
            state = layer.seed_generator.state
            state.assign(
                np.array([seed % 2**31, epoch * 1000 + number], dtype=keras.backend.standardize_dtype(state.dtype))
            )


def probability_model(network: keras.Model) -> keras.Model:
    """Returns the network with a final sigmoid, as stored in the `.keras` file."""
    return keras.Model(network.inputs, layers.Activation("sigmoid", name="probabilities")(network.output))


def weights_of(network: keras.Model, timeline: Timeline) -> Weights:
    """Returns the weights in float32, for serving."""
    bag = network.get_layer("bag")
    table = np.asarray(keras.ops.convert_to_numpy(bag.kernel), dtype=np.float32)
    dense = _dense_layers(network)
    months = keras.ops.convert_to_numpy(network.get_layer("months_added").kernel)
    return Weights(
        table=table,
        scale=np.ones(len(table), dtype=np.float32),
        bias=keras.ops.convert_to_numpy(bag.bias),
        layers=tuple(Dense(*map(keras.ops.convert_to_numpy, (layer.kernel, layer.bias))) for layer in dense),
        months=Months(timeline, months),
    )


def load_weights(network: keras.Model, weights: Weights) -> None:
    """Copies serving weights into a network of the same shape."""
    kernel = weights.table.astype(np.float32) * weights.scale[:, None]
    network.get_layer("bag").set_weights([kernel, weights.bias])
    if weights.months is not None:
        network.get_layer("months_added").set_weights([weights.months.kernel])
    for layer, values in zip(_dense_layers(network), weights.layers, strict=True):
        layer.set_weights([values.kernel, values.bias])


def _dense_layers(network: keras.Model) -> list[layers.Dense]:
    """Returns the layers after the first one, in order."""
    return [layer for layer in network.layers if isinstance(layer, layers.Dense) and layer.use_bias]
