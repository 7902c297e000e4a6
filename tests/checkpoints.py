"""Tiny random BERT checkpoints, in the files and forms that Hugging Face's have."""

import json
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from safetensors.numpy import save_file

from tests import torch_files

Form = Literal["safetensors", "torch_zip", "torch_legacy"]
Tensors = dict[str, np.ndarray]

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_WORDS = """
the of and to in we for is that with on as are by this an be which from it can at our or has have not these show
paper results method model models data learning network networks neural deep graph graphs training algorithm problem
approach theory quantum field state states energy system systems spin matter star stars galaxy galaxies black hole
holes mass dark light time space group groups number prime proof theorem algebra random matrix matrices equation
equations solution solutions bound bounds optimal function functions image images language text vision robot game
new study using based two one large small high low
"""
_PIECES = ("##s", "##ed", "##ing", "##ly", "##ion", "##er", "##al", "##ity")


def vocabulary() -> list[str]:
    """The checkpoint's WordPiece tokens in the order of their numbers, [PAD] first; every ASCII word can be spelt."""
    characters = string.ascii_lowercase + string.digits
    spelt = [*characters, *(f"##{character}" for character in characters), *".,-()=$"]
    return list(dict.fromkeys([*SPECIAL_TOKENS, *spelt, *_WORDS.split(), *_PIECES]))


def config_values(**overrides: Any) -> dict[str, Any]:
    """Returns the values of config.json, with some of them overridden."""
    return {
        "architectures": ["BertForMaskedLM"],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": 32,
        "initializer_range": 0.02,
        "intermediate_size": 64,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": 64,
        "model_type": "bert",
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "type_vocab_size": 2,
        "vocab_size": len(vocabulary()),
    } | overrides


def random_tensors(config: Mapping[str, Any], *, prefix: str = "bert.", seed: int = 0) -> Tensors:
    """Random weights of an encoder with a pooler, under the names of BertModel behind a prefix."""
    generator = np.random.default_rng(seed)
    tensors = {
        prefix + name: (generator.normal(size=shape) * 0.1 + name.endswith("LayerNorm.weight")).astype(np.float32)
        for name, shape in _shapes(config).items()
    }
    positions = np.arange(config["max_position_embeddings"], dtype=np.int64)[np.newaxis]
    return tensors | {f"{prefix}embeddings.position_ids": positions}


def write_checkpoint(
    folder: Path,
    *,
    form: Form = "safetensors",
    prefix: str = "bert.",
    seed: int = 0,
    pooler: bool = True,
    **config: Any,
) -> Path:
    """Writes config.json, vocab.txt, tokenizer_config.json and the weights into a folder, which it makes and returns.

    Keywords that are not the writer's own override config.json's values: `hidden_act="relu"`, `num_hidden_layers=1`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    values = config_values(**config)
    _write_json(folder / "config.json", values)
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in vocabulary()), encoding="utf-8")
    _write_json(folder / "tokenizer_config.json", {"do_lower_case": True, "tokenizer_class": "BertTokenizer"})
    tensors = random_tensors(values, prefix=prefix, seed=seed)
    write_weights(folder, {name: tensor for name, tensor in tensors.items() if pooler or "pooler" not in name}, form)
    return folder


def write_weights(folder: Path, tensors: Tensors, form: Form = "safetensors") -> Path:
    """Writes tensors as a checkpoint's file of weights, whose path it returns."""
    if form == "safetensors":
        path = folder / "model.safetensors"
        save_file(tensors, path, metadata={"format": "pt"})
        return path
    path = folder / "pytorch_model.bin"
    write = torch_files.write_zip if form == "torch_zip" else torch_files.write_legacy
    write(path, tensors)
    return path


def _shapes(config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    width, inner = config["hidden_size"], config["intermediate_size"]
    rows = {"word": config["vocab_size"], "position": config["max_position_embeddings"]}
    rows["token_type"] = config["type_vocab_size"]
    shapes: dict[str, tuple[int, ...]] = {f"embeddings.{of}_embeddings.weight": (rows[of], width) for of in rows}
    shapes |= _norm("embeddings.LayerNorm", width)
    for layer in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            shapes |= _dense(f"{at}.attention.self.{part}", width, width)
        shapes |= _dense(f"{at}.attention.output.dense", width, width)
        shapes |= _norm(f"{at}.attention.output.LayerNorm", width)
        shapes |= _dense(f"{at}.intermediate.dense", inner, width)
        shapes |= _dense(f"{at}.output.dense", width, inner)
        shapes |= _norm(f"{at}.output.LayerNorm", width)
    return shapes | _dense("pooler.dense", width, width)


def _dense(name: str, rows: int, columns: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (rows, columns), f"{name}.bias": (rows,)}


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
