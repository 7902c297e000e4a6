"""Everything that can be chosen about the baseline, with the defaults that measurement chose."""

from dataclasses import dataclass

from domain.errors import ConfigurationError

STEMMERS = ("none", "porter", "snowball", "lancaster")
LEMMATISERS = ("none", "wordnet", "simplemma")
LOSSES = ("bce", "focal", "asymmetric")
WEIGHT_FORMATS = ("int8", "float32")
_MOST = {
    "recency_half_life": 1e6,
    "focal_gamma": 20.0,
    "asymmetric_gamma_positive": 20.0,
    "asymmetric_gamma_negative": 20.0,
}


@dataclass(frozen=True, slots=True)
class TextOptions:
    """How text becomes terms; written into the bundle, because serving must read as training did."""

    keep_stop_words: bool = True
    stemming: str = "none"
    lemmas: str = "none"

    def __post_init__(self) -> None:
        _one_of("stemming", self.stemming, STEMMERS)
        _one_of("lemmas", self.lemmas, LEMMATISERS)
        _require(isinstance(self.keep_stop_words, bool), "keep_stop_words", self.keep_stop_words, "true or false")
        if self.stemming != "none" and self.lemmas != "none":
            raise ConfigurationError(
                f"Option stemming is {self.stemming!r} and lemmas is {self.lemmas!r}. Choose one of the two."
            )


@dataclass(frozen=True, slots=True)
class BaselineOptions:
    """Options of kind `baseline`.

    Stop words are kept as single terms or removed; in neither case does a bigram hold or span one.
    `unigrams` and `bigrams` bound the vocabulary to the most frequent ones that occur at least `min_count` times;
    `hidden` lists the widths of the hidden layers; `title_dropout` and `term_dropout` are the shares of titles and
    of terms left out at random in training. `recency_half_life` (months, 0 for off) halves the weight of a paper for
    every so many months it is older than the newest one, down to `recency_floor`. `focal_*` and `asymmetric_*` are
    the parameters of the losses of those names. `patience` epochs without a better score end the training early.
    """

    keep_stop_words: bool = True
    stemming: str = "none"
    lemmas: str = "none"
    unigrams: int = 35_000
    bigrams: int = 40_000
    min_count: int = 5
    hidden: tuple[int, ...] = (256,)
    term_dropout: float = 0.3
    hidden_dropout: float = 0.3
    title_dropout: float = 0.3
    recency_half_life: float = 12.0
    recency_floor: float = 0.25
    loss: str = "bce"
    focal_gamma: float = 2.0
    focal_alpha: float = 0.25
    asymmetric_gamma_positive: float = 0.0
    asymmetric_gamma_negative: float = 2.0
    asymmetric_margin: float = 0.05
    epochs: int = 5
    batch_size: int = 1024
    learning_rate: float = 2e-3
    patience: int = 2
    weights: str = "int8"
    keep_keras: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", _widths(self.hidden))
        _ = self.text
        _one_of("loss", self.loss, LOSSES)
        _one_of("weights", self.weights, WEIGHT_FORMATS)
        for name in ("unigrams", "min_count", "epochs", "batch_size", "patience"):
            _whole(name, getattr(self, name), least=1)
        _whole("bigrams", self.bigrams, least=0)
        for name in ("term_dropout", "hidden_dropout", "title_dropout"):
            _within(name, getattr(self, name), 0.0, 0.95)
        for name in ("recency_floor", "focal_alpha", "asymmetric_margin"):
            _within(name, getattr(self, name), 0.0, 1.0)
        for name in ("recency_half_life", "focal_gamma", "asymmetric_gamma_positive", "asymmetric_gamma_negative"):
            _within(name, getattr(self, name), 0.0, _MOST[name])
        _within("learning_rate", self.learning_rate, 1e-8, 10.0)
        _require(isinstance(self.keep_keras, bool), "keep_keras", self.keep_keras, "true or false")

    @property
    def text(self) -> TextOptions:
        """The part of the options that serving needs."""
        return TextOptions(keep_stop_words=self.keep_stop_words, stemming=self.stemming, lemmas=self.lemmas)


def _widths(hidden: object) -> tuple[int, ...]:
    widths = tuple(hidden) if isinstance(hidden, list | tuple) else (hidden,)
    for width in widths:
        _whole("hidden", width, least=1)
    _require(bool(widths), "hidden", hidden, "one or more layer widths")
    return widths


def _one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    _require(value in known, name, value, f"one of {', '.join(known)}")


def _whole(name: str, value: object, *, least: int) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= least
    _require(whole, name, value, f"a whole number from {least}")


def _within(name: str, value: object, low: float, high: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    _require(number, name, value, f"a number from {low:g} to {high:g}")


def _require(condition: bool, name: str, value: object, wanted: str) -> None:
    if not condition:
        raise ConfigurationError(f"Option {name} of kind baseline is {value!r}; it must be {wanted}.")
