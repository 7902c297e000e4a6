"""The form of labels in a cell: their label set and separator, found from the first rows."""

import json
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import lru_cache

from domain.category import Category
from domain.errors import ConfigurationError, InvalidInputError
from domain.label import Label, LabelSet

# Precedes each text when a list is joined to one text. str.split treats it as white space.
IN_LIST = "\x1f"
NONE = ""
SEPARATORS = {";": "semicolons", "|": "vertical bars", ",": "commas"}
_BY_WORD = {"none": NONE, "semicolon": ";", "bar": "|", "comma": ","}
AUTO = "auto"
LOOKED_AT = 1000

_ANY = re.compile(r"[\s,;|\[\]\"']+")
# The separator is the first of these that occurs in at least a quarter as many cells as the most frequent one.
_OFTEN = 0.25


@dataclass(frozen=True, slots=True)
class LabelForm:
    """The label set, and the separator of own labels in a text. A list needs none.

    arXiv categories may have any separator, because no identifier contains a space, comma, semicolon or bar.
    """

    label_set: LabelSet = LabelSet.ARXIV
    separator: str = NONE

    def labels(self, value: object) -> tuple[Label, ...]:
        """Returns the labels of a cell, each once. Raises InvalidInputError for a malformed or empty cell."""
        text = text_of(value)
        return _categories(text) if self.label_set == LabelSet.ARXIV else _own(text, self.separator)


def text_of(value: object) -> str:
    """Returns a cell's value as one text. A list has IN_LIST before each text, and a number becomes its digits."""
    if isinstance(value, str):
        return value
    if value is None or value != value:
        raise InvalidInputError("The categories are missing. Give at least one.")
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return "".join(IN_LIST + each for each in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise InvalidInputError(
        f"The categories are {str(value)[:60]!r}. Give a list of texts, or one text with spaces between them."
    )


def find_form(values: Iterable[object], known: Container[str], label_set: str, separator: str | None) -> LabelForm:
    """Returns the form of these cells.

    `known` are arXiv's categories. `label_set` and `separator` are the user's settings. The labels are arXiv's if at
    least half of the non-empty cells hold only known categories, or if all cells are empty.
    """
    texts = [text for value in values if (text := _text_or_blank(value))]
    if label_set == AUTO:
        of_arxiv = sum(all(name in known for name in _names(text)) for text in texts)
        label_set = LabelSet.ARXIV if 2 * of_arxiv >= len(texts) else LabelSet.OWN
    if LabelSet(label_set) == LabelSet.ARXIV:
        return LabelForm()
    return LabelForm(LabelSet.OWN, _separator(texts) if separator is None else read_separator(separator))


def read_separator(said: str) -> str:
    """Returns the separator for a word or a sign. Raises ConfigurationError for any other text."""
    if said in SEPARATORS:
        return said
    if said not in _BY_WORD:
        raise ConfigurationError(
            f"Labels cannot be separated by {said!r}. Known are {', '.join(_BY_WORD)}; a JSON list needs none of them."
        )
    return _BY_WORD[said]


def word_of(separator: str) -> str:
    """Returns the word for a separator."""
    return next(word for word, sign in _BY_WORD.items() if sign == separator)


def _separator(texts: list[str]) -> str:
    counts = {sign: sum(sign in text for text in texts if not _is_list(text)) for sign in SEPARATORS}
    most = max(counts.values())
    return next((sign for sign, count in counts.items() if count and count >= _OFTEN * most), NONE)


def _text_or_blank(value: object) -> str:
    try:
        text = text_of(value)
    except InvalidInputError:
        return ""
    return text if text.strip() else ""


def _names(text: str) -> list[str]:
    return text.split() if _ANY.sub("", text) == text else [name for name in _ANY.split(text) if name]


def _is_list(text: str) -> bool:
    return IN_LIST in text or text.lstrip().startswith("[")


@lru_cache(maxsize=131_072)
def _categories(text: str) -> tuple[Label, ...]:
    """Returns the categories of a text. Cached, since 400,000 papers share about 60,000 texts."""
    return tuple(dict.fromkeys(map(Category.parse, _names(text))))


@lru_cache(maxsize=131_072)
def _own(text: str, separator: str) -> tuple[Label, ...]:
    if IN_LIST in text:
        parts = text.split(IN_LIST)
    elif text.lstrip().startswith("["):
        listed = _listed(text)
        parts = [text] if listed is None else listed
    else:
        parts = text.split(separator) if separator else [text]
    names = (" ".join(part.split()) for part in parts)
    found = tuple(dict.fromkeys(Label.parse(name) for name in names if name))
    if not found:
        raise InvalidInputError("The categories are missing. Give at least one.")
    return found


def _listed(text: str) -> list[str] | None:
    """Returns the texts of a JSON list, or None for any other text, such as a label that begins with a bracket."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        return None
    return found
