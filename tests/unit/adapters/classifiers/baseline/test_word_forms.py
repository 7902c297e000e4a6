"""Stemmers and lemmatisers that need no network."""

import pytest

from adapters.classifiers.baseline.options import BaselineOptions, TextOptions
from adapters.classifiers.baseline.word_forms import merger
from domain.errors import ConfigurationError


@pytest.mark.parametrize(
    ("options", "form"),
    [
        (TextOptions(stemming="porter"), "network"),
        (TextOptions(stemming="snowball"), "network"),
        (TextOptions(stemming="lancaster"), "network"),
        (TextOptions(lemmas="simplemma"), "network"),
    ],
    ids=str,
)
def test_forms_of_a_word_become_one(options: TextOptions, form: str) -> None:
    """Every stemmer and lemmatiser takes the plural to its singular."""
    merge = merger(options)
    assert merge is not None
    assert merge("networks") == form


@pytest.mark.parametrize("term", ["c++", "l^2", "\\alphas", "3ds", "as", "10^{15}"])
def test_symbols_numbers_and_short_words_stay(term: str) -> None:
    """Symbols, numbers and words of fewer than three letters are not merged."""
    merge = merger(TextOptions(stemming="porter"))
    assert merge is not None
    assert merge(term) == term


def test_nothing_is_merged_by_default() -> None:
    """Without stemming and lemmas there is no merger."""
    assert merger(TextOptions()) is None


def test_wordnet_without_its_data_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """If WordNet's files are missing, the error names the download and the alternative."""
    monkeypatch.setattr("nltk.data.path", [])
    with pytest.raises(ConfigurationError, match=r"nltk\.downloader wordnet.*simplemma"):
        merger(TextOptions(lemmas="wordnet"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stemming", "snow"),
        ("lemmas", True),
        ("loss", "hinge"),
        ("weights", "int4"),
        ("unigrams", 0),
        ("bigrams", -1),
        ("epochs", 1.5),
        ("epochs", True),
        ("hidden", []),
        ("hidden", [0]),
        ("hidden", "256"),
        ("term_dropout", 1.0),
        ("term_dropout", float("nan")),
        ("learning_rate", 0),
        ("keep_stop_words", "yes"),
        ("focal_gamma", float("inf")),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(name: str, value: object) -> None:
    """The error names the option, the value and what it must be."""
    with pytest.raises(ConfigurationError, match=f"Option {name}") as caught:
        BaselineOptions(**{name: value})  # type: ignore[arg-type]  # wrong on purpose
    assert "must be" in str(caught.value)


def test_stems_and_lemmas_exclude_each_other() -> None:
    """Both at once are refused."""
    with pytest.raises(ConfigurationError, match="one of the two"):
        BaselineOptions(stemming="porter", lemmas="simplemma")
