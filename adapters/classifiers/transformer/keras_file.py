"""Writes a trained transformer as one `.keras` file, which loads without the hub."""

from pathlib import Path

import keras
from keras import layers

from adapters.classifiers.transformer.encoder_config import EncoderConfig
from adapters.classifiers.transformer.network import build_network, load_all
from adapters.classifiers.transformer.options import TransformerOptions
from adapters.classifiers.transformer.storage import Tensors


def rebuilt(tensors: Tensors, config: EncoderConfig, options: TransformerOptions) -> keras.Model:
    """Returns a float32 network with these weights, from token ids and mask to logits."""
    network = build_network(config, len(tensors["head.logits.bias"]), options)
    load_all(network, config, tensors)
    return network


def write_keras(path: Path, tensors: Tensors, config: EncoderConfig, options: TransformerOptions) -> None:
    """Writes a `.keras` model from token ids and mask, each (papers, length) int32, to raw probabilities."""
    network = rebuilt(tensors, config, options)
    probabilities = layers.Activation("sigmoid", name="probabilities")(network.output)
    keras.Model(network.inputs, probabilities).save(path)
