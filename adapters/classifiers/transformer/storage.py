"""A transformer's files in a bundle: reading.json, tokenizer.json, model.onnx."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.transformer.encoder_config import EncoderConfig
from adapters.classifiers.transformer.onnx.graph import PROBABILITIES, write_onnx
from adapters.classifiers.transformer.onnx.graph_flow import check_flow
from adapters.classifiers.transformer.onnx.graph_values import check_values
from adapters.classifiers.transformer.onnx.runtime import OnnxRuntime
from adapters.classifiers.transformer.options import ReadingOptions
from adapters.classifiers.transformer.tokenizing import TOKENIZER, PaperTokenizer, open_tokenizer
from adapters.classifiers.transformer.trial import check_runs
from domain.errors import ArxivClassifierError, CorruptModelError
from domain.json_object import parse_json_object

READING, MODEL, KERAS = "reading.json", "model.onnx", "model.keras"
Tensors = Mapping[str, NDArray[np.float32]]


def save(
    folder: Path,
    tensors: Tensors,
    config: EncoderConfig,
    tokenizer: PaperTokenizer,
    reading: ReadingOptions,
    *,
    int8: bool,
) -> None:
    """Writes the files that `load_runtime` reads."""
    (folder / READING).write_text(json.dumps(asdict(reading), indent=2) + "\n", "utf-8")
    tokenizer.save(folder)
    write_onnx(folder / MODEL, tensors, config, pooling=reading.pooling, int8=int8, longest=reading.max_length)


def load_runtime(folder: Path, *, categories: int | None = None) -> OnnxRuntime:
    """Returns the graph and tokenizer that `save` wrote.

    Raises CorruptModelError for missing, truncated or unusable files.
    """
    missing = [name for name in (READING, TOKENIZER, MODEL) if not (folder / name).is_file()]
    if missing:
        raise CorruptModelError(f"The model in {folder} lacks {', '.join(missing)}. Restore or retrain it.")
    try:
        reading = ReadingOptions(**parse_json_object((folder / READING).read_bytes()))  # type: ignore[arg-type]  # it checks its values
        check_flow(folder / MODEL)
        check_values(folder / MODEL)
        runtime = OnnxRuntime(folder / MODEL, open_tokenizer(folder, reading))
    except CorruptModelError:
        raise
    except (ArxivClassifierError, OSError, ValueError, TypeError) as error:
        raise CorruptModelError(f"The model in {folder} cannot be read ({error}). Restore or retrain it.") from error
    if categories is not None and runtime.width(PROBABILITIES) != categories:
        raise CorruptModelError(
            f"The model in {folder} gives {runtime.width(PROBABILITIES)} probabilities for {categories} categories. "
            "Restore or retrain it."
        )
    try:
        check_runs(runtime, classifies=categories is not None)
    except (ArxivClassifierError, ValueError, OverflowError) as error:
        raise CorruptModelError(f"The model in {folder} cannot be run: {error}. Restore or retrain it.") from error
    return runtime
