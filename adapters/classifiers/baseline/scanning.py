"""Converts papers to codes with numpy alone, without a Python object per word.

The bytes of all papers are lower-cased and split in a few passes. Each word is identified by its bytes, eight at a
time, and looked up in an open-addressed table. So are known TeX commands. Pieces with other TeX, powers, `c++` or
anything outside ASCII, one or two per paper, go through `terms_of`.
"""

from array import array
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.baseline.terms import TermReader

Codes = NDArray[np.int32]
Hashes = NDArray[np.uint64]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

# White space ends words and pieces. The marks inside words end words only: `e.g.` is two words, and so is `x=1`.
_SPACE, _INNER = 32, 31
_ENDS_WORDS = frozenset(b".\"'`~={}")
# A piece with one of these is split by `terms_of`. Bytes of other alphabets are among them.
_CAREFUL = frozenset(b"+#^") | frozenset(range(128, 256))
_FIRST_CAREFUL = 128
# A backslash. A known command that is a whole word, as in `$\alpha$`, needs no `terms_of`.
_BACKSLASH, _COMMAND = ord("\\"), 127
# These and commands of one letter may be letters and accents: {\ss}, \v{c}.
_LETTER_COMMANDS = frozenset({"ss", "ae", "oe", "aa"})
_FIRST_MARK = 33  # free, because no term contains the character
_BYTES = 8
_KEPT = np.array([(1 << 8 * count) - 1 for count in range(_BYTES + 1)], dtype=np.uint64)
_CHAIN = np.uint64(0x9E3779B97F4A7C15)
_MIXER = np.uint64(0xD6E8FEB86659FD93)
_MEMO_LIMIT = 100_000  # pieces, about 13 MB


def _alphabet(marks: Sequence[int]) -> bytes:
    """Returns a table of bytes: a lower-case letter or digit, or the kind of separator, mark or special character."""
    table = bytearray([_SPACE]) * 256
    for code in range(256):
        if code in _CAREFUL:
            table[code] = max(code, _FIRST_CAREFUL)
        elif code in _ENDS_WORDS:
            table[code] = _INNER
        elif chr(code).isalnum():
            table[code] = ord(chr(code).lower())
    table[_BACKSLASH] = _COMMAND
    for number, mark in enumerate(marks):
        table[mark] = _FIRST_MARK + number
    return bytes(table)


class HashedWords:
    """A map from word hash to code, in an open-addressed table that is at most a quarter full."""

    def __init__(self, hashes: Hashes, codes: Codes) -> None:
        self._bits = max(12, int(len(hashes) * 4).bit_length())
        self._keys = np.zeros(1 << self._bits, dtype=np.uint64)
        self._codes = np.full(1 << self._bits, -1, dtype=np.int32)
        self._probes = self._insert(hashes, codes)

    def _insert(self, hashes: Hashes, codes: Codes) -> int:
        """Inserts all words and returns the largest number of probes for any word."""
        probes, slots = 0, self._slots(hashes)
        while len(hashes):
            slots = (slots + min(probes, 1)) & ((1 << self._bits) - 1)
            free = self._keys[slots] == 0
            _, first = np.unique(np.where(free, slots, -1 - np.arange(len(slots))), return_index=True)
            placed = np.zeros(len(slots), dtype=bool)
            placed[first] = True
            placed &= free
            self._keys[slots[placed]], self._codes[slots[placed]] = hashes[placed], codes[placed]
            hashes, codes, slots = hashes[~placed], codes[~placed], slots[~placed]
            probes += 1
        return probes

    def find(self, hashes: Hashes, missing: int) -> Codes:
        """Returns the code of each word, or `missing`."""
        slots = self._slots(hashes)
        keys = self._keys.take(slots)
        found = self._codes.take(slots)
        left = (keys != hashes).nonzero()[0]
        found[left] = missing
        left = left[keys.take(left) != 0]  # an empty slot ends the search
        for step in range(1, self._probes):
            if not len(left):
                break
            slot = (slots.take(left) + step) & ((1 << self._bits) - 1)
            keys = self._keys.take(slot)
            hit = keys == hashes.take(left)
            found[left[hit]] = self._codes.take(slot[hit])
            left = left[~hit & (keys != 0)]
        return found

    def _slots(self, hashes: Hashes) -> NDArray[np.int64]:
        return ((hashes * _MIXER) >> np.uint64(64 - self._bits)).view(np.int64)


class Scanner:
    """Finds the words of encoded papers and their codes. `marks` are bytes with codes of their own, between spaces."""

    def __init__(
        self, terms: TermReader, vocabulary: Mapping[str, int], marks: Mapping[int, int], unknown: int
    ) -> None:
        self._unknown = unknown
        self._alphabet = _alphabet(tuple(marks))
        self._memo = _Memo(terms, vocabulary, unknown)
        words = [(word, code) for word, code in vocabulary.items() if word not in terms.stop_words]
        plain = [(word.encode(), code) for word, code in words if word.isascii() and word.isalnum()]
        plain += [(bytes([_COMMAND]) + word[1:].encode(), code) for word, code in words if _is_command(word)]
        # One chunk more than the longest known word has tells longer words from it.
        self._chunks = max((len(word) for word, _ in plain), default=0) // _BYTES + 1
        plain += [(bytes([_FIRST_MARK + number]), code) for number, code in enumerate(marks.values())]
        self._words = HashedWords(
            self._hashes_of([word for word, _ in plain]), np.array([code for _, code in plain], dtype=np.int32)
        )

    def remembered(self) -> int:
        """Returns the number of cached special pieces."""
        return len(self._memo)

    def codes(self, text: bytes) -> Codes:
        """Returns the codes of a text that begins and ends with white space. Case does not matter."""
        plain = text.translate(self._alphabet) + b" " * _BYTES  # a word's last bytes are read eight at once
        letters = np.frombuffer(plain, dtype=np.uint8)
        ends = (letters <= _SPACE).nonzero()[0]
        lengths = ends[1:] - ends[:-1] - 1
        words = lengths.nonzero()[0]
        starts = ends.take(words) + 1
        codes = self._words.find(self._hashes(plain, starts, lengths.take(words)), self._unknown)
        careful = (letters >= _COMMAND).nonzero()[0]
        if len(careful):
            careful = careful[~self._known_commands(codes, starts, letters, careful)]
        return self._with_pieces(codes, starts, _pieces(plain, careful.tolist()), text) if len(careful) else codes

    def _known_commands(self, codes: Codes, starts: Places, letters: NDArray[np.uint8], places: Places) -> Flags:
        """Returns whether each of these places is the backslash of a word that is a known command."""
        words = starts.searchsorted(places)
        words[words == len(starts)] = 0
        known: Flags = (starts.take(words) == places) & (letters.take(places) == _COMMAND)
        known &= codes.take(words) != self._unknown
        return known

    def _hashes(self, letters: bytes, starts: Places, lengths: Places) -> Hashes:
        """Returns what identifies each word: its bytes if it has at most eight, else a hash of its chunks of eight."""
        chunks = np.ndarray((len(letters) - _BYTES + 1,), "<u8", letters, strides=(1,))
        hashes: Hashes = chunks[starts]
        hashes &= _KEPT.take(lengths, mode="clip")
        for chunk in range(1, self._chunks):
            longer = (lengths > _BYTES * chunk).nonzero()[0]
            if not len(longer):
                break
            kept = _KEPT.take(lengths.take(longer) - _BYTES * chunk, mode="clip")
            hashes[longer] = hashes.take(longer) * _CHAIN + (chunks[starts.take(longer) + _BYTES * chunk] & kept)
        return hashes

    def _hashes_of(self, words: list[bytes]) -> Hashes:
        """Returns the hashes of separate words."""
        lengths = np.array([len(word) for word in words])
        starts = np.concatenate(([0], np.cumsum(lengths + 1)[:-1]))
        return self._hashes(b" ".join(words) + b" " * _BYTES, starts, lengths)

    def _with_pieces(self, codes: Codes, starts: Places, pieces: list[tuple[int, int]], text: bytes) -> Codes:
        """Returns the codes with those of the words in each piece replaced by the piece's own."""
        spans = starts.searchsorted(np.array(pieces)) * codes.itemsize
        before, done, memo = codes.data.cast("B"), 0, self._memo
        parts: list[bytes | memoryview] = []
        for (start, end), (first, last) in zip(pieces, spans.tolist(), strict=True):
            parts += before[done:first], memo[text[start:end]]
            done = last
        if len(memo) > _MEMO_LIMIT:
            memo.clear()
        return np.frombuffer(b"".join((*parts, before[done:])), np.int32)


class _Memo(dict[bytes, bytes]):
    """The codes (int32) of each special piece, found once."""

    def __init__(self, terms: TermReader, vocabulary: Mapping[str, int], unknown: int) -> None:
        super().__init__()
        self._terms = terms
        self._vocabulary = vocabulary
        self._unknown = unknown

    def __missing__(self, piece: bytes) -> bytes:
        # A full stop at the end of a piece belongs to no term.
        terms = self._terms.read(piece.lower().rstrip(b".").decode("utf-8", "surrogatepass").lower())
        code_of, unknown = self._vocabulary.get, self._unknown
        self[piece] = array("i", [unknown if term is None else code_of(term, unknown) for term in terms]).tobytes()
        return self[piece]


def _is_command(term: str) -> bool:
    """Returns whether a term is a TeX command that stands for no letter or accent."""
    name = term[1:]
    return term[:1] == "\\" and len(name) > 1 and name.isascii() and name.isalpha() and name not in _LETTER_COMMANDS


def _pieces(plain: bytes, careful: list[int]) -> list[tuple[int, int]]:
    """Returns the spans between white space that hold the special characters at `careful`, in order."""
    pieces, end = [], 0
    for place in careful:
        if place >= end:
            start, end = plain.rfind(b" ", 0, place) + 1, plain.find(b" ", place)
            pieces.append((start, end))
    return pieces
