"""How labels stand in a cell: which label set they are of, and what is between them; found in the first rows."""

import json
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import lru_cache

from domain.category import Category
from domain.errors import ConfigurationError, InvalidInputError
from domain.label import Label, LabelSet

# What stands before each text of a list that has become one text; str.split takes it for white space.
IN_LIST = "\x1f"
NONE = ""
SEPARATORS = {";": "semicolons", "|": "vertical bars", ",": "commas"}
_BY_WORD = {"none": NONE, "semicolon": ";", "bar": "|", "comma": ","}
AUTO = "auto"
LOOKED_AT = 1000

_ANY = re.compile(r"[\s,;|\[\]\"']+")
# Of several of these, the first that is in a quarter as many cells as any other is what separates labels.
_OFTEN = 0.25


@dataclass(frozen=True, slots=True)
class LabelForm:
    """Whether labels are arXiv's categories, and what separates others in a text; a list needs nothing.

    Categories of arXiv may have anything between them, as no identifier holds a space, comma, semicolon or bar.
    """

    label_set: LabelSet = LabelSet.ARXIV
    separator: str = NONE

    def labels(self, value: object) -> tuple[Label, ...]:
        """The labels of a cell, each once; a malformed or empty one is an InvalidInputError."""
        text = text_of(value)
        return _categories(text) if self.label_set == LabelSet.ARXIV else _own(text, self.separator)


def text_of(value: object) -> str:
    """A cell's value as one text, a list with IN_LIST before each text; a number is the label that it spells."""
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
    """The form of the cells given; `known` are arXiv's categories, `label_set` and `separator` what a person says.

    They are arXiv's where at least half of the cells that have any hold nothing else, or where no cell has any.
    """
    texts = [text for value in values if (text := _text_or_blank(value))]
    if label_set == AUTO:
        of_arxiv = sum(all(name in known for name in _names(text)) for text in texts)
        label_set = LabelSet.ARXIV if 2 * of_arxiv >= len(texts) else LabelSet.OWN
    if LabelSet(label_set) == LabelSet.ARXIV:
        return LabelForm()
    return LabelForm(LabelSet.OWN, _separator(texts) if separator is None else read_separator(separator))


def read_separator(said: str) -> str:
    """The separator that a word or a sign names; ConfigurationError for another."""
    if said in SEPARATORS:
        return said
    if said not in _BY_WORD:
        raise ConfigurationError(
            f"Labels cannot be separated by {said!r}. Known are {', '.join(_BY_WORD)}; a JSON list needs none of them."
        )
    return _BY_WORD[said]


def word_of(separator: str) -> str:
    """The word that names a separator."""
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
    """Equal lists give the same tuple: 400,000 papers share some 60,000 of them."""
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
    """Returns the texts of a JSON list, or None for another text: a label may begin with a bracket."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        return None
    return found
