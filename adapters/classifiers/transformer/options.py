"""The options of transformers. Each kind has its own defaults on top of these."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from adapters.classifiers.learning.loss_options import LOSSES
from adapters.classifiers.learning.option_checks import one_of, require, whole, within

POOLINGS = ("mean", "cls", "pooler")
TITLE_JOINS = ("newline", "sep")
PRECISIONS = ("auto", "float32", "bfloat16")
WEIGHT_FORMATS = ("int8", "float32")

# The defaults for a head that is trained alone. A pass over vectors costs little, and a wide hidden layer makes up for
# the frozen encoder. After 100,000 training papers, micro F1 on 2,000 validation papers was .685 with 2,048 and dropout
# .5, and .679 with 1,024 and .3.
FROZEN_DEFAULTS: Mapping[str, object] = {
    "head_hidden": 2048,
    "dropout": 0.5,
    "epochs": 20,
    "patience": 5,
    "batch_size": 0,
    "head_learning_rate": 1e-3,
}
_FROZEN_BATCH = (32, 256)
_FROZEN_STEPS_AN_EPOCH = 400


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """The way text becomes tokens and tokens a vector.

    It is written into the bundle, because serving must read like training. `title_join` is the text between title and
    abstract: a line break, or the tokenizer's own separator. Tokens beyond `max_length`, including the two special
    ones, are cut off. With `read_end`, a longer paper's title with its last tokens is read too, and the results for
    beginning and end are averaged.
    """

    pooling: str = "mean"
    title_join: str = "newline"
    max_length: int = 256
    read_end: bool = False

    def __post_init__(self) -> None:
        one_of("pooling", self.pooling, POOLINGS)
        one_of("title_join", self.title_join, TITLE_JOINS)
        whole("max_length", self.max_length, least=8)
        require(isinstance(self.read_end, bool), "read_end", self.read_end, "true or false")


@dataclass(frozen=True, slots=True)
class TransformerOptions:
    """The options of the kinds scibert, specter and minilm.

    `checkpoint` is a folder or a Hugging Face hub id. `read_end` is for serving, since training reads only beginnings.
    It excludes `freeze_encoder`, whose head could not be trained on such input. `training_length`, if not 0, shortens
    training papers below `max_length`.
    `head_hidden` is the width of a hidden layer between vector and categories, 0 for none. `frozen_layers` freezes the
    embeddings and that many of the lowest blocks. `freeze_encoder` freezes all, embeds each paper once and trains the
    head alone.
    `learning_rate` is the highest block's rate, `head_learning_rate` the head's. A block's rate is `layer_decay` times
    that of the block above. `warm_up` is the share of steps in which the rate rises before it falls along a cosine. A
    training is saved every `checkpoint_steps` steps.
    If `papers_per_epoch` is not 0, an epoch has that many random papers, with recent ones more likely. `dropout`
    applies to the head, `encoder_dropout` inside the encoder. With `freeze_encoder` and `batch_size` 0, the batch size
    depends on the number of papers (see `for_papers`).
    """

    checkpoint: str = ""
    pooling: str = "mean"
    title_join: str = "newline"
    max_length: int = 256
    read_end: bool = False
    training_length: int = 0
    head_hidden: int = 0
    frozen_layers: int = 0
    freeze_encoder: bool = False
    dropout: float = 0.1
    encoder_dropout: float = 0.1
    title_dropout: float = 0.3
    recency_half_life: float = 12.0
    recency_floor: float = 0.25
    loss: str = "bce"
    focal_gamma: float = 2.0
    focal_alpha: float = 0.25
    asymmetric_gamma_positive: float = 0.0
    asymmetric_gamma_negative: float = 2.0
    asymmetric_margin: float = 0.05
    epochs: int = 3
    papers_per_epoch: int = 0
    batch_size: int = 32
    learning_rate: float = 5e-5
    head_learning_rate: float = 1e-3
    layer_decay: float = 0.9
    warm_up: float = 0.06
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    patience: int = 2
    checkpoint_steps: int = 500
    precision: str = "auto"
    weights: str = "int8"
    keep_keras: bool = True

    def __post_init__(self) -> None:
        require(isinstance(self.checkpoint, str), "checkpoint", self.checkpoint, "a folder or a hub id")
        _ = self.reading
        one_of("loss", self.loss, LOSSES)
        one_of("precision", self.precision, PRECISIONS)
        one_of("weights", self.weights, WEIGHT_FORMATS)
        for name in ("epochs", "patience", "checkpoint_steps"):
            whole(name, getattr(self, name), least=1)
        whole("batch_size", self.batch_size, least=0 if self.freeze_encoder else 1)
        for name in ("training_length", "head_hidden", "frozen_layers", "papers_per_epoch"):
            whole(name, getattr(self, name), least=0)
        for name in ("dropout", "encoder_dropout", "title_dropout"):
            within(name, getattr(self, name), 0.0, 0.95)
        for name in ("recency_floor", "focal_alpha", "asymmetric_margin", "layer_decay", "warm_up", "weight_decay"):
            within(name, getattr(self, name), 0.0, 1.0)
        for name in ("focal_gamma", "asymmetric_gamma_positive", "asymmetric_gamma_negative"):
            within(name, getattr(self, name), 0.0, 20.0)
        within("recency_half_life", self.recency_half_life, 0.0, 1e6)
        within("clip_norm", self.clip_norm, 1e-6, 1e6)
        for name in ("learning_rate", "head_learning_rate"):
            within(name, getattr(self, name), 1e-8, 10.0)
        for name in ("freeze_encoder", "keep_keras"):
            require(isinstance(getattr(self, name), bool), name, getattr(self, name), "true or false")

        alike = not (self.freeze_encoder and self.read_end)
        require(alike, "read_end", self.read_end, "false with freeze_encoder (raise max_length instead)")

    @property
    def reading(self) -> ReadingOptions:
        """The options that serving needs."""
        return ReadingOptions(self.pooling, self.title_join, self.max_length, self.read_end)

    def for_papers(self, count: int) -> "TransformerOptions":
        """Returns the options with the batch size for that number of training papers, unless `batch_size` is set.

        A batch has a 400th of the papers, from 32 to 256.
        """
        if self.batch_size:
            return self
        least, most = _FROZEN_BATCH
        return replace(self, batch_size=min(most, max(least, count // _FROZEN_STEPS_AN_EPOCH)))

    @property
    def longest_training_paper(self) -> int:
        """The number of tokens of a paper that training reads."""
        return min(self.training_length or self.max_length, self.max_length)
