"""Converts papers to codes with numpy alone, without a Python object per word.

The bytes of all papers are lower-cased and split at white space in a few passes. Each piece is hashed by differences of
a running polynomial and looked up in an open-addressed table. Pieces with special characters (TeX, accents, anything
outside ASCII), a few per paper, go through `terms_of`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.baseline.terms import TermReader

Codes = NDArray[np.int32]
Hashes = NDArray[np.uint64]
Bytes = NDArray[np.uint8]

_SPACE = 32
_CAREFUL = frozenset(b".\"'`~=+#^{}\\") | frozenset(range(128, 256))
# An odd base has an inverse modulo 2**64, by which a hash becomes independent of its piece's position.
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_MIXER = np.uint64(0xD6E8FEB86659FD93)
_MEMO_LIMIT = 200_000
_REPLACED = np.int32(-(1 << 31))


def _alphabet(marks: Sequence[int]) -> Bytes:
    """Returns a table of bytes: itself, its lower-case letter, or white space if no term contains it."""
    table = np.full(256, _SPACE, dtype=np.uint8)
    for code in range(256):
        if code in _CAREFUL or code in marks or chr(code).isalnum():
            table[code] = code
    for letter in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        table[letter] = letter + 32
    return table


class Powers:
    """The powers of the hash's base and of its inverse modulo 2**64, up to the longest text so far."""

    def __init__(self) -> None:
        self._both = (np.ones(1, dtype=np.uint64),) * 2  # one attribute, so that threads see both grow at once

    def up_to(self, length: int) -> tuple[Hashes, Hashes]:
        """Returns at least the first `length` powers of each, and keeps them for the next text."""
        base, inverse = self._both
        if length > len(base):
            size = 1 << max(12, (length - 1).bit_length())
            base, inverse = self._both = _powers(_BASE, size), _powers(_INVERSE, size)
        return base, inverse


def _powers(factor: int, count: int) -> Hashes:
    factors = np.full(count, factor, dtype=np.uint64)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.uint64)


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
    """Finds the pieces of encoded papers and their codes. `marks` are bytes with codes of their own."""

    def __init__(
        self, terms: TermReader, vocabulary: Mapping[str, int], marks: Mapping[int, int], unknown: int
    ) -> None:
        self._terms = terms
        self._vocabulary = vocabulary
        self._unknown = unknown
        self._alphabet = _alphabet(tuple(marks)).tobytes()
        self._careful = np.isin(np.arange(256), list(_CAREFUL))
        self._values = np.random.default_rng(0).integers(1, 1 << 63, 256, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        self._powers = Powers()
        self._memo: dict[bytes, tuple[int, ...]] = {}
        words = ((word, code) for word, code in vocabulary.items() if word not in terms.stop_words)
        plain = [(word.encode(), code) for word, code in words if word.isascii() and word.isalnum()]
        plain += [(bytes([mark]), code) for mark, code in marks.items()]
        self._words = HashedWords(
            self._hashes_of([word for word, _ in plain]), np.array([code for _, code in plain], dtype=np.int32)
        )

    def remembered(self) -> int:
        """Returns the number of cached special pieces."""
        return len(self._memo)

    def codes(self, text: bytes) -> Codes:
        """Returns the codes of a text that begins and ends with white space."""
        plain = text.translate(self._alphabet).replace(b". ", b"  ")  # removes full stops at the ends of pieces
        letters = np.frombuffer(plain, dtype=np.uint8)
        space = letters == _SPACE
        edges = (space[1:] != space[:-1]).nonzero()[0] + 1
        starts, ends = edges[::2], edges[1::2]
        codes = self._words.find(self._hashes(letters, starts, ends), self._unknown)
        careful = self._careful.take(letters).nonzero()[0]
        if not len(careful):
            return codes
        pieces = np.array(list(dict.fromkeys((starts.searchsorted(careful, side="right") - 1).tolist())))
        spans = zip(starts.take(pieces).tolist(), ends.take(pieces).tolist(), strict=True)
        return _spliced(codes, pieces, [self._careful_codes(plain[start:end]) for start, end in spans])

    def _hashes(self, letters: Bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> Hashes:
        powers, inverse = self._powers.up_to(len(letters))
        running = (self._values.take(letters) * powers[: len(letters)]).cumsum()
        hashes: Hashes = (running.take(ends - 1) - running.take(starts - 1)) * inverse.take(starts)
        return hashes

    def _hashes_of(self, words: list[bytes]) -> Hashes:
        """Returns the hashes of separate words."""
        text = b" " + b" ".join(words) + b" "
        letters = np.frombuffer(text, dtype=np.uint8)
        lengths = np.array([len(word) for word in words])
        starts = 1 + np.concatenate(([0], np.cumsum(lengths + 1)[:-1]))
        return self._hashes(letters, starts, starts + lengths)

    def _careful_codes(self, piece: bytes) -> tuple[int, ...]:
        codes = self._memo.get(piece)
        if codes is None:
            if len(self._memo) >= _MEMO_LIMIT:
                self._memo.clear()
            terms = self._terms.read(piece.decode("utf-8", "surrogatepass"))
            of = self._vocabulary.get
            codes = tuple(self._unknown if term is None else of(term, self._unknown) for term in terms)
            self._memo[piece] = codes
        return codes


def _spliced(codes: Codes, pieces: NDArray[np.intp], found: list[tuple[int, ...]]) -> Codes:
    """Returns the codes with those of some pieces replaced by none, one or several."""
    lengths = [len(each) for each in found]
    flat = [code for each in found for code in each]
    if len(flat) == len(found) and 0 not in lengths:
        codes[pieces] = flat
        return codes
    counts = np.ones(len(codes), dtype=np.int64)
    counts[pieces] = lengths
    codes[pieces] = _REPLACED
    spliced = codes.repeat(counts)
    spliced[spliced == _REPLACED] = flat
    return spliced
