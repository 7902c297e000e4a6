"""Everything that can be chosen about a transformer, with each kind's own defaults laid over these."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from adapters.classifiers.learning.loss_options import LOSSES
from adapters.classifiers.learning.option_checks import one_of, require, whole, within

POOLINGS = ("mean", "cls", "pooler")
TITLE_JOINS = ("newline", "sep")
PRECISIONS = ("auto", "float32", "bfloat16")
WEIGHT_FORMATS = ("int8", "float32")

# What a head that is trained alone has where no option says otherwise. A pass over vectors costs little, and a wide
# hidden layer makes up for the encoder that does not learn: on 2,000 validation papers, after 100,000 training papers,
# micro F1 was .685 with 2,048 and dropout .5 and .679 with 1,024 and .3.
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
    """How text becomes tokens and tokens a vector; written into the bundle, because serving reads as training did.

    `title_join` sets what stands between title and abstract: a line break, or the tokenizer's own separator.
    Tokens beyond `max_length`, the two special ones counted in, are cut off. With `read_end`, of a paper that is longer
    the title with the last tokens is read too, and what the encoder says of beginning and end is averaged.
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
    """Options of the kinds scibert, specter and minilm.

    `checkpoint` is a folder or a Hugging Face hub id. `read_end` is for serving: training sees beginnings, and a
    frozen encoder's head could not be trained on what it will be given. `training_length`, where it is not 0, cuts
    training papers shorter than `max_length`. `head_hidden` is the width of a hidden layer between vector and
    categories, 0 for none. `frozen_layers` keeps the embeddings and so many of the lowest blocks as they are;
    `freeze_encoder` keeps all, embeds each paper once and trains the head alone. `learning_rate` is the encoder's
    highest, `head_learning_rate` the head's; a block's rate is `layer_decay` times that of the block above. `warm_up`
    is the share of steps in which the rate rises before it falls along a cosine. `checkpoint_steps` says after how
    many steps a killed training loses nothing. Where `papers_per_epoch` is not 0, an epoch has so many papers, drawn at
    random and the likelier the more recent. `dropout` is that of the head, `encoder_dropout` that inside the encoder.
    With `freeze_encoder` and `batch_size` 0, the batch follows the number of papers, as `for_papers` says.
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
        """The part of the options that serving needs."""
        return ReadingOptions(self.pooling, self.title_join, self.max_length, self.read_end)

    def for_papers(self, count: int) -> "TransformerOptions":
        """These options with the batch that suits so many training papers, where `batch_size` leaves it open.

        It is a 400th of the papers, from 32 to 256 of them.
        """
        if self.batch_size:
            return self
        least, most = _FROZEN_BATCH
        return replace(self, batch_size=min(most, max(least, count // _FROZEN_STEPS_AN_EPOCH)))

    @property
    def longest_training_paper(self) -> int:
        """How many tokens of a paper are trained on."""
        return min(self.training_length or self.max_length, self.max_length)
