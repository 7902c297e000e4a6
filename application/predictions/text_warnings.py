"""Finds the abstracts whose predictions may mean little."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.chosen_categories import ChosenCategories
from domain.label import LabelSet
from domain.prediction import PredictionBatch
from domain.prediction_warning import PredictionWarning

Warnings = dict[int, tuple[PredictionWarning, ...]]
"""The warnings of the rows that have any."""

FEWEST_WORDS = 4
_NO_LETTERS = re.sub(rb"[A-Za-z]", b"", bytes(range(256)))


def text_warnings(abstracts: Sequence[Abstract], predictions: PredictionBatch) -> Warnings:
    """Returns the warnings of each abstract that has any; row i of the predictions is abstract i's.

    Words are what stands between white space, in title and abstract together. Text in another script is reported for
    models of arXiv's categories alone, which learn from English; what others learnt from is not known. An ordinary
    abstract costs less than a microsecond.
    """
    unread = predictions.unread
    found: Warnings = {}
    for row, abstract in _doubtful(abstracts, unread):
        text, title = abstract.text, abstract.title
        plain = text.isascii() and (title is None or title.isascii())
        if plain and row not in unread and not _has_few_words(text):
            continue
        if warnings := tuple(_warnings(abstract, predictions, row)):
            found[row] = warnings
    return found


def _doubtful(abstracts: Sequence[Abstract], unread: Collection[int]) -> Iterable[tuple[int, Abstract]]:
    """Returns at least the abstracts that may have warnings, with their rows."""
    if not isinstance(abstracts, AbstractBatch):
        return enumerate(abstracts)
    from application.predictions.doubtful_rows import doubtful_rows  # which imports numpy

    return ((row, abstracts[row]) for row in sorted(doubtful_rows(abstracts) | set(unread)))


def with_abstentions(warnings: Warnings, chosen: ChosenCategories) -> Warnings:
    """Returns the warnings with one more for each abstract without a set of categories."""
    none = [row for row, (start, end) in enumerate(pairwise(chosen.offsets.tolist())) if start == end]
    return {**warnings, **{row: (*warnings.get(row, ()), PredictionWarning.NO_USEFUL_SET) for row in none}}


def _warnings(abstract: Abstract, predictions: PredictionBatch, row: int) -> Iterator[PredictionWarning]:
    words = f"{abstract.title or ''} {abstract.text}"
    if row in predictions.unread:
        yield PredictionWarning.NO_KNOWN_WORD
    if is_of_other_script(words):  # in which words may have no space between them
        if predictions.taxonomy.label_set == LabelSet.ARXIV:
            yield PredictionWarning.OTHER_SCRIPT
    elif _has_few_words(words):
        yield PredictionWarning.FEW_WORDS


def _has_few_words(text: str) -> bool:
    return len(text.split(None, FEWEST_WORDS - 1)) < FEWEST_WORDS


def is_of_other_script(text: str) -> bool:
    """Whether more than half of the letters are not Latin; mathematical alphabets count as the letters they show."""
    plain = text.encode("ascii", "ignore")
    latin = len(plain.translate(None, _NO_LETTERS))
    if len(text) - len(plain) <= latin:
        return False
    others = [letter for letter in text if not letter.isascii() and letter.isalpha()]
    foreign = sum(not _is_latin(letter) for letter in others)
    return foreign > latin + len(others) - foreign


@lru_cache(maxsize=4096)
def _is_latin(letter: str) -> bool:
    return unicodedata.name(unicodedata.normalize("NFKC", letter)[0], "").startswith("LATIN")
