"""Papers per second and memory of fine-tuning, in the backend that KERAS_BACKEND names; prints one JSON object.

    KERAS_BACKEND=torch python -m benchmarks.transformer_steps float32 --steps 10 [--size bert-base]

The size is MiniLM's, or that of SciBERT and SPECTER with random weights. Memory is what torch took of a CUDA device at
most, else the most that the process took.
benchmarks.transformers --steps runs it for each backend and precision.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from adapters.classifiers.learning.keras_backend import require_keras
from adapters.classifiers.transformer.options import PRECISIONS, TransformerOptions
from benchmarks.transformer_programs import bert_base, minilm_folder

_CATEGORIES = 50
_WARM_UP = 2


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("precision", choices=PRECISIONS)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--papers", type=int, default=64, help="papers a step")
    parser.add_argument("--tokens", type=int, default=128, help="tokens of each paper")
    parser.add_argument("--size", choices=["minilm", "bert-base"], default="minilm")
    parser.add_argument("--frozen-layers", type=int, default=0)
    given = parser.parse_args()
    require_keras("a transformer")
    from adapters.classifiers.transformer.devices import describe_device

    options = TransformerOptions(precision=given.precision, frozen_layers=given.frozen_layers)
    with tempfile.TemporaryDirectory() as made:
        folder = minilm_folder() if given.size == "minilm" else bert_base(Path(made))
        seconds = statistics.median(_seconds(folder, options, given.papers, given.tokens, given.steps))
    measured = {"device": describe_device(), "precision": given.precision, "frozen_layers": given.frozen_layers}
    figures = {"papers_per_second": round(given.papers / seconds, 1), "memory_mb": _megabytes()}
    print(json.dumps({**measured, "size": given.size, "papers": given.papers, "tokens": given.tokens, **figures}))


def _megabytes() -> int:
    """The most memory that torch took of a CUDA device, else the most that this process took."""
    import keras

    if keras.backend.backend() == "torch":
        import torch

        if torch.cuda.is_available():
            return int(torch.cuda.max_memory_reserved()) // 1_000_000
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)


def _seconds(folder: Path, options: TransformerOptions, papers: int, tokens: int, steps: int) -> list[float]:
    """The seconds of each step after the first ones, which compile."""
    import keras

    from adapters.classifiers.learning.losses import loss_of
    from adapters.classifiers.transformer.checkpoints.checkpoint import open_checkpoint
    from adapters.classifiers.transformer.devices import dtype_policy
    from adapters.classifiers.transformer.network import build_network, freeze, load_encoder
    from adapters.classifiers.transformer.optimiser import optimiser

    checkpoint = open_checkpoint(str(folder))
    network = build_network(checkpoint.config, _CATEGORIES, options, policy=dtype_policy(options))
    load_encoder(network, checkpoint.config, checkpoint.tensors)
    freeze(network, options.frozen_layers)
    rates = optimiser(options, checkpoint.config.num_hidden_layers, steps + _WARM_UP)
    jit = "auto" if keras.backend.backend() == "jax" else False  # as in training
    network.compile(optimizer=rates, loss=loss_of(options), jit_compile=jit)
    random, taken = np.random.default_rng(0), []
    for _ in range(steps + _WARM_UP):
        ids = random.integers(1000, checkpoint.config.vocab_size, (papers, tokens)).astype(np.int32)
        targets = (random.random((papers, _CATEGORIES)) < 0.03).astype(np.float32)
        started = time.perf_counter()
        loss = network.train_on_batch([ids, np.ones_like(ids)], targets, sample_weight=np.ones(papers, np.float32))
        float(np.asarray(loss))  # waits for a device that works on its own
        taken.append(time.perf_counter() - started)
    return taken[_WARM_UP:]


if __name__ == "__main__":
    main()
