"""Transformers as classifiers: fine-tuned with Keras, served by ONNX Runtime."""

import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from adapters.classifiers.learning.keras_backend import require_keras
from adapters.classifiers.learning.targets import weights_key
from adapters.classifiers.transformer import storage
from adapters.classifiers.transformer.encoder_config import check_vocabulary
from adapters.classifiers.transformer.onnx.runtime import OnnxRuntime
from adapters.classifiers.transformer.options import FROZEN_DEFAULTS, TransformerOptions
from adapters.classifiers.transformer.serving import ServedTransformer
from adapters.classifiers.transformer.storage import Tensors
from adapters.classifiers.transformer.tokenizing import PaperTokenizer, open_tokenizer
from domain.abstract import Abstract
from domain.checkpoint import Checkpoint as WorkCheckpoint
from domain.checkpoint import go_on
from domain.errors import ConfigurationError, InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.log_events import log_event
from domain.options import read_options
from domain.ports.classifier import Classifier, ClassifierFamily, FitSession, TrainableClassifier
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy

if TYPE_CHECKING:
    from adapters.classifiers.transformer.batches import TokenSet
    from adapters.classifiers.transformer.checkpoints.checkpoint import Checkpoint

_logger = logging.getLogger(__name__)


class TransformerFamily(ClassifierFamily):
    """A kind of transformer, with its name and its default options."""

    def __init__(self, kind: str, preset: Mapping[str, object]) -> None:
        self._kind = kind
        self._preset = preset

    @override
    def trainable(self, taxonomy: Taxonomy, options: Mapping[str, object]) -> TrainableClassifier:
        return TrainableTransformer(taxonomy, self._options(options))

    @override
    def load(self, folder: Path, taxonomy: Taxonomy) -> Classifier:
        return ServedTransformer(taxonomy, storage.load_runtime(folder, categories=len(taxonomy)))

    @override
    def export(self, folder: Path, taxonomy: Taxonomy, *, format: str, path: Path) -> None:
        sources = {"keras": storage.KERAS, "onnx": storage.MODEL}
        if format not in sources:
            raise ConfigurationError(f"A {self._kind} cannot be exported as {format!r}. Known formats: keras, onnx.")
        if path.suffix != f".{format}":
            raise InvalidInputError(f"The file's name must end in .{format}. Rename the output.")
        if not (folder / sources[format]).is_file():
            raise ConfigurationError(
                f"The model in {folder} was saved without {sources[format]}. Train it with keep_keras: true."
            )
        shutil.copyfile(folder / sources[format], path)

    @override
    def effective_options(self, options: Mapping[str, object]) -> Mapping[str, object]:
        return asdict(self._options(options))

    def _options(self, options: Mapping[str, object]) -> TransformerOptions:
        frozen = FROZEN_DEFAULTS if options.get("freeze_encoder") is True else {}
        return read_options(TransformerOptions, {**self._preset, **frozen, **options}, where=f"Kind {self._kind}")


class TrainableTransformer(TrainableClassifier):
    """A transformer that learns with Keras and, once trained, predicts in its serving form."""

    def __init__(self, taxonomy: Taxonomy, options: TransformerOptions) -> None:
        self._taxonomy = taxonomy
        self._options = options
        self._checkpoint: Checkpoint | None = None
        self._trained: Tensors | None = None
        self._served: ServedTransformer | None = None

    @property
    @override
    def taxonomy(self) -> Taxonomy:
        return self._taxonomy

    @override
    def fit(
        self,
        training: Sequence[LabelledAbstract],
        validation: Sequence[LabelledAbstract],
        session: FitSession,
    ) -> None:
        checkpoint, tokenizer = self._opened()  # reports mistakes before the import of Keras, which takes seconds
        require_keras("a transformer")
        from adapters.classifiers.transformer.devices import describe_device, dtype_policy
        from adapters.classifiers.transformer.learning import Learner
        from adapters.classifiers.transformer.preparation import prepare, tokenize
        from adapters.classifiers.transformer.training_checkpoints import Checkpoints

        options = self._options.for_papers(len(training))
        policy = dtype_policy(options)
        device = describe_device()
        log_event(_logger, "device_chosen", f"Training in {policy}, by {device}.", policy=policy, device=device)
        data = prepare(training, tokenizer, self._taxonomy, options)
        judged = [paper.abstract for paper in validation]
        checkpoints = Checkpoints(session.workspace, self._key(checkpoint, data, validation, session, policy))
        learner = Learner(
            checkpoint,
            data,
            options,
            session,
            policy,
            score=self._scorer(tokenizer, judged, session),
            judge=lambda rows: session.score(PredictionBatch(self._taxonomy, rows.data)),
            validation=tokenize(judged, tokenizer, options.max_length),
            taxonomy=self._taxonomy.fingerprint(),
        )
        self._trained = learner.run(checkpoints)
        self._served = self._serving(self._trained, tokenizer, int8=self._options.weights == "int8")

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: WorkCheckpoint = go_on) -> PredictionBatch:
        if self._served is None:
            raise ConfigurationError("This transformer was not trained yet. Call fit before predict.")
        return self._served.predict(abstracts, checkpoint=checkpoint)

    @override
    def save(self, folder: Path) -> None:
        if self._trained is None:
            raise ConfigurationError("This transformer was not trained yet. Call fit before save.")
        checkpoint, tokenizer = self._opened()
        int8 = self._options.weights == "int8"
        storage.save(folder, self._trained, checkpoint.config, tokenizer, self._options.reading, int8=int8)
        if self._options.keep_keras:
            from adapters.classifiers.transformer.keras_file import write_keras

            write_keras(folder / storage.KERAS, self._trained, checkpoint.config, self._options)

    @override
    def unrounded(self) -> Classifier | None:
        if self._trained is None or self._options.weights == "float32":
            return None
        _, tokenizer = self._opened()
        return self._serving(self._trained, tokenizer, int8=False)

    def _opened(self) -> "tuple[Checkpoint, PaperTokenizer]":
        if not self._options.checkpoint:
            raise ConfigurationError("No checkpoint is named. Give --checkpoint a folder or a hub id.")
        from adapters.classifiers.transformer.checkpoints.checkpoint import open_checkpoint

        if self._checkpoint is None:
            self._checkpoint = open_checkpoint(self._options.checkpoint)
        checkpoint, options = self._checkpoint, self._options
        tokenizer = open_tokenizer(checkpoint.folder, options.reading)
        _check_fit(checkpoint, tokenizer, options)
        return checkpoint, tokenizer

    def _serving(self, tensors: Tensors, tokenizer: PaperTokenizer, *, int8: bool) -> ServedTransformer:
        from adapters.classifiers.transformer.onnx.graph import write_onnx

        checkpoint, _ = self._opened()
        reading = self._options.reading
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / storage.MODEL
            write_onnx(path, tensors, checkpoint.config, pooling=reading.pooling, int8=int8, longest=reading.max_length)
            runtime = OnnxRuntime(path.read_bytes(), tokenizer)
        return ServedTransformer(self._taxonomy, runtime)

    def _scorer(
        self, tokenizer: PaperTokenizer, abstracts: Sequence[Abstract], session: FitSession
    ) -> Callable[[Tensors], float]:
        return lambda tensors: session.score(self._serving(tensors, tokenizer, int8=False).predict(abstracts))

    def _key(
        self,
        checkpoint: "Checkpoint",
        data: "TokenSet",
        validation: Sequence[LabelledAbstract],
        session: FitSession,
        policy: str,
    ) -> str:
        """Returns a key, equal only for equal options, seed, backend, checkpoint and papers in the same order."""
        import keras

        from adapters.classifiers.transformer.preparation import digest_of

        unlearnt = dict.fromkeys(("checkpoint", "keep_keras", "patience", "max_length", "read_end", "precision"))
        if not self._options.freeze_encoder:  # a frozen encoder's vectors depend on the served precision
            unlearnt["weights"] = None
        parts = [json.dumps({**asdict(self._options.for_papers(len(data))), **unlearnt}), str(session.seed), policy]
        parts += [keras.backend.backend(), self._taxonomy.fingerprint(), digest_of(data)]
        digest = hashlib.sha256("\n".join(parts).encode())
        for name, tensor in sorted({**checkpoint.tensors, **checkpoint.head}.items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(tensor).tobytes())
        for paper in validation:
            named = (paper.abstract.title or "", paper.abstract.text, *map(str, paper.categories))
            digest.update("\n".join(named).encode("utf-8", "surrogatepass"))
        digest.update(weights_key(validation))
        return f"transformer-{digest.hexdigest()[:16]}"


def _check_fit(checkpoint: "Checkpoint", tokenizer: PaperTokenizer, options: TransformerOptions) -> None:
    """Checks that the parts of a checkpoint fit one another and the options."""
    config = checkpoint.config
    check_vocabulary(config, tokenizer.size)
    if options.max_length > config.max_position_embeddings:
        raise ConfigurationError(
            f"max_length is {options.max_length}, but {checkpoint.reference} has {config.max_position_embeddings} "
            "positions. Lower max_length."
        )
    if options.frozen_layers > config.num_hidden_layers:
        raise ConfigurationError(
            f"frozen_layers is {options.frozen_layers}, but {checkpoint.reference} has {config.num_hidden_layers} "
            "layers. Lower it, or give --freeze-encoder."
        )
    if options.pooling == "pooler" and "pooler.dense.weight" not in checkpoint.tensors:
        raise InvalidInputError(
            f"{checkpoint.reference} has no pooler, which pooling: pooler needs. Choose pooling mean or cls."
        )
