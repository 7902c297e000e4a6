"""The options of the baseline, with defaults chosen by measurement."""

import math
from dataclasses import dataclass, replace

from adapters.classifiers.learning.loss_options import LOSSES
from adapters.classifiers.learning.option_checks import one_of, require, whole, within
from domain.errors import ConfigurationError

STEMMERS = ("none", "porter", "snowball", "lancaster")
LEMMATISERS = ("none", "wordnet", "simplemma")
WEIGHT_FORMATS = ("int8", "float32")
_BATCH = 32, 1024
_STEPS_AN_EPOCH = 250
_HIGHEST_RATE = 2.5
_MOST = {
    "recency_half_life": 1e6,
    "focal_gamma": 20.0,
    "asymmetric_gamma_positive": 20.0,
    "asymmetric_gamma_negative": 20.0,
}


@dataclass(frozen=True, slots=True)
class TextOptions:
    """The way text becomes terms. It is written into the bundle, because serving must read like training."""

    keep_stop_words: bool = True
    stemming: str = "none"
    lemmas: str = "none"

    def __post_init__(self) -> None:
        one_of("stemming", self.stemming, STEMMERS)
        one_of("lemmas", self.lemmas, LEMMATISERS)
        require(isinstance(self.keep_stop_words, bool), "keep_stop_words", self.keep_stop_words, "true or false")
        if self.stemming != "none" and self.lemmas != "none":
            raise ConfigurationError(
                f"Option stemming is {self.stemming!r} and lemmas is {self.lemmas!r}. Choose one of the two."
            )


@dataclass(frozen=True, slots=True)
class BaselineOptions:
    """The options of kind `baseline`.

    Stop words are kept as single terms or removed. In both cases no bigram contains or spans one. `unigrams` and
    `bigrams` limit the vocabulary to the most frequent ones that occur at least `min_count` times. Terms are counted
    exactly for up to `distinct_terms` distinct ones, at least twice as many as `unigrams`, and approximately for more.
    `hidden` lists the widths of the hidden layers.
    In training, `title_dropout` and `term_dropout` are the shares of titles and terms left out at random, and
    `month_dropout` is the share of papers whose month is left out. `recency_half_life` is the age in months at which a
    paper weighs half as much as the newest one, or 0 for equal weights. `recency_floor` is the smallest weight of an
    old paper.
    `focal_*` and `asymmetric_*` are the parameters of those losses. Training ends after `patience` epochs without a
    better score. If `batch_size` is 0, batch size and learning rate depend on the number of papers (see `for_papers`).
    `devices` is the number of devices that share each batch, or 0 for all. Keras supports several with jax alone.
    """

    keep_stop_words: bool = True
    stemming: str = "none"
    lemmas: str = "none"
    unigrams: int = 35_000
    bigrams: int = 40_000
    min_count: int = 5
    distinct_terms: int = 2_000_000
    hidden: tuple[int, ...] = (256,)
    term_dropout: float = 0.3
    hidden_dropout: float = 0.3
    title_dropout: float = 0.3
    month_dropout: float = 0.2
    recency_half_life: float = 12.0
    recency_floor: float = 0.25
    loss: str = "bce"
    focal_gamma: float = 2.0
    focal_alpha: float = 0.25
    asymmetric_gamma_positive: float = 0.0
    asymmetric_gamma_negative: float = 2.0
    asymmetric_margin: float = 0.05
    epochs: int = 5
    batch_size: int = 0
    learning_rate: float = 2e-3
    patience: int = 2
    devices: int = 1
    weights: str = "int8"
    keep_keras: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", _widths(self.hidden))
        _ = self.text
        one_of("loss", self.loss, LOSSES)
        one_of("weights", self.weights, WEIGHT_FORMATS)
        for name in ("unigrams", "min_count", "epochs", "patience"):
            whole(name, getattr(self, name), least=1)
        whole("distinct_terms", self.distinct_terms, least=2 * self.unigrams)
        for name in ("bigrams", "batch_size", "devices"):
            whole(name, getattr(self, name), least=0)
        for name in ("term_dropout", "hidden_dropout", "title_dropout", "month_dropout"):
            within(name, getattr(self, name), 0.0, 1.0 if name == "month_dropout" else 0.95)
        for name in ("recency_floor", "focal_alpha", "asymmetric_margin"):
            within(name, getattr(self, name), 0.0, 1.0)
        for name in ("recency_half_life", "focal_gamma", "asymmetric_gamma_positive", "asymmetric_gamma_negative"):
            within(name, getattr(self, name), 0.0, _MOST[name])
        within("learning_rate", self.learning_rate, 1e-8, 10.0)
        require(isinstance(self.keep_keras, bool), "keep_keras", self.keep_keras, "true or false")

    @property
    def text(self) -> TextOptions:
        """The options that serving needs."""
        return TextOptions(keep_stop_words=self.keep_stop_words, stemming=self.stemming, lemmas=self.lemmas)

    def for_papers(self, count: int) -> "BaselineOptions":
        """Returns the options with batch size and learning rate for that number of training papers.

        Nothing changes if `batch_size` is set. Otherwise a batch has a 250th of the papers, from 32 to 1,024. The rate
        is `learning_rate` for batches of 1,024, and grows for smaller ones with the square root of the ratio, up to 2.5
        times.
        """
        if self.batch_size:
            return self
        least, most = _BATCH
        batch = min(most, max(least, count // _STEPS_AN_EPOCH))
        higher = min(_HIGHEST_RATE, math.sqrt(most / batch))
        return replace(self, batch_size=batch, learning_rate=self.learning_rate * higher)


def _widths(hidden: object) -> tuple[int, ...]:
    widths = tuple(hidden) if isinstance(hidden, list | tuple) else (hidden,)
    for width in widths:
        whole("hidden", width, least=1)
    require(bool(widths), "hidden", hidden, "one or more layer widths")
    return widths
