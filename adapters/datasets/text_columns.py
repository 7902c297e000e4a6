"""Texts in one buffer of UTF-8, examined without an object per text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.abstract_batch import TextColumn

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

_SPACE = 32
_TWO_SPACES = np.uint16(0x2020)


@dataclass(frozen=True, slots=True, eq=False)
class Strings:
    """Texts in one buffer: text i is `data[offsets[i]:offsets[i + 1]]`. A missing text is empty."""

    data: Bytes
    offsets: NDArray[np.int32] | NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def lengths(self) -> NDArray[np.int32] | NDArray[np.int64]:
        """Returns the length of each text in bytes."""
        return self.offsets[1:] - self.offsets[:-1]

    def rows_of(self, places: Places) -> Places:
        """Returns the row of each place in `data[offsets[0]:offsets[-1]]`."""
        rows: Places = self.offsets.searchsorted(places + self.offsets[0], side="right") - 1
        return rows

    def bytes(self) -> Bytes:
        """Returns the bytes of all texts, one text after another."""
        return self.data[self.offsets[0] : self.offsets[-1]]

    def column(self) -> TextColumn:
        """Returns the texts in the domain's own form."""
        return TextColumn(self.data.data, self.offsets.data)


def no_strings(rows: int) -> Strings:
    """Returns that many missing texts."""
    return Strings(np.zeros(0, np.uint8), np.zeros(rows + 1, np.int32))


def patched(strings: Strings, rows: Places, texts: Sequence[str | None]) -> Strings:
    """Returns the strings with other texts in some rows, which are in ascending order."""
    encoded = [(text or "").encode() for text in texts]
    lengths = strings.lengths().astype(np.int64)
    lengths[rows] = [len(text) for text in encoded]
    data = strings.data.data
    starts = [*strings.offsets[rows].tolist(), int(strings.offsets[-1])]
    ends = [int(strings.offsets[0]), *strings.offsets[rows + 1].tolist()]
    kept = [data[end:start] for end, start in zip(ends, starts, strict=True)]
    pieces = [piece for pair in zip(kept, [*encoded, b""], strict=True) for piece in pair]
    return Strings(np.frombuffer(b"".join(pieces), np.uint8), np.concatenate(([0], lengths.cumsum())))


def needs_folding(strings: Strings) -> Flags:
    """Returns whether each text may hold white space other than single spaces between words.

    A control character counts as white space. All other texts are unchanged by `folded`.
    """
    flags = np.zeros(len(strings), bool)
    letters = strings.bytes()
    if len(letters):
        for places in ((letters < _SPACE).nonzero()[0], _double_spaces(letters), _wide_spaces(letters)):
            flags[strings.rows_of(places)] = True
        filled = strings.lengths().nonzero()[0]
        first = strings.offsets[filled] - strings.offsets[0]
        last = strings.offsets[filled + 1] - strings.offsets[0] - 1
        flags[filled[(letters[first] == _SPACE) | (letters[last] == _SPACE)]] = True
    return flags


def _double_spaces(letters: Bytes) -> Places:
    """Returns the places where two spaces begin, found by comparing two bytes at once."""
    found = []
    for first in (0, 1):
        pairs = letters[first : first + (len(letters) - first) // 2 * 2].view(np.uint16)
        found.append((pairs == _TWO_SPACES).nonzero()[0] * 2 + first)
    return np.concatenate(found)


def _wide_spaces(letters: Bytes) -> Places:
    """Returns the places where white space outside ASCII begins, in UTF-8."""
    lead = (letters >= 0xC2).nonzero()[0]
    first, second, third = (letters.take(lead + step, mode="clip") for step in range(3))
    latin = (first == 0xC2) & ((second == 0x85) | (second == 0xA0))
    ogham = (first == 0xE1) & (second == 0x9A) & (third == 0x80)
    typographic = (third <= 0x8A) | (third == 0xA8) | (third == 0xA9) | (third == 0xAF)
    general = (first == 0xE2) & ((second == 0x80) & typographic | (second == 0x81) & (third == 0x9F))
    ideographic = (first == 0xE3) & (second == 0x80) & (third == 0x80)
    found: Places = lead[latin | ogham | general | ideographic]
    return found
