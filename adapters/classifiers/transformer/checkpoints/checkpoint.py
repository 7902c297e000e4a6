"""Opens pretrained checkpoints from a folder or from the Hugging Face hub."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.transformer.checkpoints.tensor_names import HEAD, encoder_tensors
from adapters.classifiers.transformer.checkpoints.tensors import INDEX, SAFETENSORS, TORCH, read_tensors
from adapters.classifiers.transformer.encoder_config import CONFIG, EncoderConfig, read_config
from domain.errors import ConfigurationError, InvalidInputError, MissingPackageError


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A pretrained encoder: its configuration, and its tensors under BertModel's names, float32.

    `folder` holds its files, including the tokenizer. For a checkpoint of the hub it is in the cache.
    For a model trained by this program, `head` has the tensors of the category layers, named `head.*`, and `taxonomy`
    is the fingerprint of their categories.
    """

    reference: str
    folder: Path
    config: EncoderConfig
    tensors: Mapping[str, NDArray[np.float32]]
    head: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    taxonomy: str = ""


def open_checkpoint(reference: str) -> Checkpoint:
    """Returns the checkpoint in a folder, or of a hub's `organisation/name`, which is downloaded and cached.

    The folder of a saved transformer is also a checkpoint, from which training continues with its number of positions
    and its rounded weights.
    Raises InvalidInputError if the folder does not exist or holds no BERT encoder, and ConfigurationError if the hub's
    package is not installed or the hub does not provide the checkpoint.
    """
    folder = _folder(reference)
    if (folder / _GRAPH).is_file() and not (folder / CONFIG).is_file():
        return _of_trained(reference, folder)
    config = read_config(folder)
    try:
        tensors = encoder_tensors(read_tensors(folder), config)
    except InvalidInputError as error:  # adds the folder to the tensor's name
        raise InvalidInputError(f"The checkpoint in {folder} cannot be used. {error}") from error
    return Checkpoint(reference, folder, config, tensors)


_GRAPH, _MANIFEST = "model.onnx", "manifest.json"  # files of a model that this program saved


def _of_trained(reference: str, folder: Path) -> Checkpoint:
    from adapters.classifiers.transformer.onnx.weights import read_onnx

    config, tensors = read_onnx(folder / _GRAPH)
    head = {name: tensor for name, tensor in tensors.items() if name.startswith(HEAD)}
    encoder = encoder_tensors({name: tensor for name, tensor in tensors.items() if name not in head}, config)
    return Checkpoint(reference, folder, config, encoder, head, _taxonomy(folder / _MANIFEST))


def _taxonomy(manifest: Path) -> str:
    """Returns the fingerprint in a manifest, or an empty text if there is none. Then the head is not used."""
    try:
        return str(json.loads(manifest.read_text("utf-8"))["taxonomy"]["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_TOKENIZER = ["vocab.txt", "tokenizer.json"]
_SMALL = [CONFIG, *_TOKENIZER, "tokenizer_config.json", "special_tokens_map.json"]
_PREFERRED = [SAFETENSORS, SAFETENSORS + INDEX, "model-*.safetensors"]
_OTHERWISE = [TORCH, TORCH + INDEX, "pytorch_model-*.bin"]


def _folder(reference: str) -> Path:
    path = Path(reference).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise InvalidInputError(f"The checkpoint {reference} is a file. Give the folder that it lies in.")
    if not _HUB_ID.fullmatch(reference):
        raise InvalidInputError(
            f"There is no folder {reference}, and it is not a name of the Hugging Face hub, which has the form "
            "ORGANISATION/NAME, such as allenai/scibert_scivocab_uncased."
        )
    return _of_hub(reference)


def _of_hub(hub_id: str) -> Path:
    library = _library(hub_id)
    return _cached(library, hub_id) or _downloaded(library, hub_id)


def _cached(library: Any, hub_id: str) -> Path | None:
    """Returns the folder in the hub's cache if it is complete, else None. The network is not used."""
    try:
        folder = Path(library.snapshot_download(hub_id, local_files_only=True))
    except _unreachable():
        return None
    return None if _lacking(folder) else folder


def _downloaded(library: Any, hub_id: str) -> Path:
    try:
        folder = Path(library.snapshot_download(hub_id, allow_patterns=[*_SMALL, *_PREFERRED]))
        if _lacking(folder):
            library.snapshot_download(hub_id, allow_patterns=_OTHERWISE)
    except _unreachable() as error:
        reason = re.split(r"\n|\. ", str(error))[0][:200].rstrip(".")
        raise _unavailable(library, hub_id, reason) from error
    if lacking := _lacking(folder):
        # Without a network the hub's package returns an incomplete checkpoint from its cache without an error.
        raise _unavailable(library, hub_id, f"it lacks {lacking}")
    return folder


def _lacking(folder: Path) -> str:
    for names in ([CONFIG], _TOKENIZER, [SAFETENSORS, TORCH, SAFETENSORS + INDEX, TORCH + INDEX]):
        if not any((folder / name).is_file() for name in names):
            return " or ".join(names[:2])
    return ""


def _library(hub_id: str) -> Any:
    try:
        import huggingface_hub
        import huggingface_hub.constants
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            f"There is no folder {hub_id}, and fetching it from the hub needs the package 'huggingface_hub', which is "
            "not installed.",
            extra="hub",
        ) from error
    return huggingface_hub


def _unavailable(library: Any, hub_id: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"There is no folder {hub_id}, and the Hugging Face hub gives no checkpoint of that name ({reason}), "
        f"nor does its cache {library.constants.HF_HUB_CACHE}, which HF_HOME moves. Check the name. Without a network, "
        f"run `hf download {hub_id} --local-dir DIR` on a machine that has one, and give `--checkpoint DIR`."
    )


def _unreachable() -> tuple[type[Exception], ...]:
    errors: tuple[type[Exception], ...] = (OSError, ValueError, RuntimeError)
    try:
        import httpx  # used by the hub's current client; the older one raised OSError
    except ModuleNotFoundError:
        return errors
    return *errors, httpx.HTTPError
