"""Stemmers and lemmatisers that work offline, as functions from a word to its normal form."""

import re
from collections.abc import Callable
from functools import lru_cache, partial

from adapters.classifiers.baseline.options import TextOptions
from domain.errors import ConfigurationError, MissingPackageError

_WORD = re.compile(r"[a-z]{3,}")
_EXTRA = "train"


def merger(options: TextOptions) -> Callable[[str], str] | None:
    """Returns the function that merges word forms, or None if nothing is merged.

    Only words of three or more Latin letters are merged. `c++`, `l^2` and LaTeX commands stay as they are.
    """
    if options.stemming != "none":
        merge = _stemmer(options.stemming)
    elif options.lemmas != "none":
        merge = _lemmatiser(options.lemmas)
    else:
        return None
    return lru_cache(maxsize=200_000)(partial(_words_only, merge))


def _words_only(merge: Callable[[str], str], term: str) -> str:
    return merge(term) if _WORD.fullmatch(term) else term


def _stemmer(name: str) -> Callable[[str], str]:
    try:
        from nltk.stem import LancasterStemmer, PorterStemmer, SnowballStemmer
    except ImportError as error:
        raise MissingPackageError(f"Option stemming {name!r} needs the package nltk.", extra=_EXTRA) from error
    stemmers = {"porter": PorterStemmer, "lancaster": LancasterStemmer, "snowball": partial(SnowballStemmer, "english")}
    stem: Callable[[str], str] = stemmers[name]().stem
    return stem


def _lemmatiser(name: str) -> Callable[[str], str]:
    return _wordnet() if name == "wordnet" else _simplemma()


def _wordnet() -> Callable[[str], str]:
    try:
        from nltk.corpus import wordnet
        from nltk.stem import WordNetLemmatizer

        wordnet.ensure_loaded()
    except ImportError as error:
        raise MissingPackageError("Option lemmas 'wordnet' needs the package nltk.", extra=_EXTRA) from error
    except LookupError as error:
        raise ConfigurationError(
            "Option lemmas 'wordnet' needs WordNet's data, which are not on this machine. "
            "Fetch them once with: python -m nltk.downloader wordnet. Or choose lemmas 'simplemma', which needs none."
        ) from error
    lemmatise: Callable[[str], str] = WordNetLemmatizer().lemmatize
    return lemmatise


def _simplemma() -> Callable[[str], str]:
    try:
        from simplemma import lemmatize
    except ImportError as error:
        raise MissingPackageError("Option lemmas 'simplemma' needs the package simplemma.", extra=_EXTRA) from error
    return lambda word: str(lemmatize(word, lang="en"))
