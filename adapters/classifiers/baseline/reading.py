"""Converts papers to a stream of term codes, in the same way for training and serving."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain, pairwise, repeat

import numpy as np

from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.scanning import Codes, Scanner
from adapters.classifiers.baseline.terms import TermReader
from adapters.classifiers.baseline.word_forms import merger
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch, TextColumn

UNKNOWN = -1  # a term outside the vocabulary or a removed stop word, which no pair spans
END_OF_TITLE = -2
END_OF_PAPER = -3
_MARKS = {"\x01": (END_OF_TITLE,), "\x00": (END_OF_PAPER,)}
_LAST_MARK = 1
_MEMO_LIMIT = 200_000
# ASCII characters that no term contains become spaces. That leaves fewer distinct pieces, which is 3 times as fast on
# new papers. Other text is left as it is, since str.translate is slow there, and gives the same terms.
_PLAIN = {code: " " for code in map(ord, "!$%&()*,-/:;<>?@[]_|")}
_PLAIN |= {code: chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}


def text_of(abstract: Abstract) -> str:
    """Returns a paper's text as the model reads it, lower-cased: title, mark, abstract, mark."""
    text = _marked(abstract)
    return text.translate(_PLAIN).replace(". ", " ") if text.isascii() else text.lower()


def _marked(abstract: Abstract) -> str:
    """Returns title and abstract with their marks."""
    title, text = abstract.title or "", abstract.text
    if "\x00" in text or "\x01" in text or "\x00" in title or "\x01" in title:
        title, text = _unmarked(title), _unmarked(text)
    return f"{title} \x01 {text} \x00"


def marked_columns(abstracts: AbstractBatch) -> bytes | None:
    """Returns the texts that `_marked` gives, with spaces between them, or None if a text contains a mark."""
    titles, texts = abstracts.titles, abstracts.texts
    parts: Iterable[tuple[bytes | memoryview, ...]] = zip(
        _bytes_of(titles), repeat(b" \x01 "), _bytes_of(texts), repeat(b" \x00 "), strict=False
    )
    marked = b"".join([b" ", *chain.from_iterable(parts)])
    marks = np.count_nonzero(np.frombuffer(marked, np.uint8) <= _LAST_MARK)  # a third of the time of bytes.count
    return marked if marks == len(_MARKS) * len(abstracts) else None


def _bytes_of(column: TextColumn) -> Iterator[memoryview]:
    data, offsets = column.data, column.offsets.tolist()
    return (data[start:end] for start, end in pairwise(offsets))


def _unmarked(text: str) -> str:
    return text.replace("\x00", " ").replace("\x01", " ")


def term_reader(options: TextOptions) -> TermReader:
    """Returns the reader of terms for these options."""
    removed = frozenset[str]() if options.keep_stop_words else stop_words()
    return TermReader(removed, merger(options))


@cache
def stop_words() -> frozenset[str]:
    """Returns the bundled list of English stop words."""
    text = files("adapters.classifiers.baseline").joinpath("stop_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


class CodeReader:
    """Converts papers to codes, which are positions in a vocabulary or marks.

    Each piece of text between white space is looked up whole, so each distinct piece is split into terms only once. The
    cache is cleared at 200,000 pieces (about 40 MB) to bound memory.
    """

    def __init__(self, terms: TermReader, vocabulary: dict[str, int]) -> None:
        self._memo = _Memo(terms, vocabulary)

    def read(self, abstracts: Sequence[Abstract]) -> Codes:
        """Returns the codes of all papers in one stream. Each paper ends with END_OF_PAPER."""
        pieces = " ".join(map(text_of, abstracts)).split()
        memo = self._memo
        codes = np.array([*chain.from_iterable(map(memo.__getitem__, pieces))], dtype=np.int32)
        if len(memo) > _MEMO_LIMIT:
            memo.forget()
        return codes

    def remembered(self) -> int:
        """Returns the number of cached pieces."""
        return len(self._memo)


class ScanningCodeReader:
    """Returns the same codes as CodeReader several times as fast, if word forms are not merged."""

    def __init__(self, terms: TermReader, vocabulary: dict[str, int]) -> None:
        marks = {ord(mark): codes[0] for mark, codes in _MARKS.items()}
        self._scanner = Scanner(terms, vocabulary, marks, UNKNOWN)

    def read(self, abstracts: Sequence[Abstract]) -> Codes:
        """Returns the codes of all papers in one stream. Each paper ends with END_OF_PAPER."""
        text = marked_columns(abstracts) if isinstance(abstracts, AbstractBatch) else None
        return self._scanner.codes(text or f" {' '.join(map(_marked, abstracts))} ".encode("utf-8", "surrogatepass"))

    def remembered(self) -> int:
        """Returns the number of cached pieces."""
        return self._scanner.remembered()


def code_reader(options: TextOptions, vocabulary: dict[str, int]) -> CodeReader | ScanningCodeReader:
    """Returns the fastest reader for these options. Merging word forms needs the one that reads each piece."""
    terms = term_reader(options)
    return ScanningCodeReader(terms, vocabulary) if terms.merge is None else CodeReader(terms, vocabulary)


class GrowingCodeReader(CodeReader):
    """A reader that gives every new term the next code. It is the first step of making a vocabulary."""

    def __init__(self, terms: TermReader) -> None:
        self.vocabulary = _GrowingVocabulary()
        super().__init__(terms, self.vocabulary)

    def forget_all_but(self, terms: Sequence[str]) -> None:
        """Gives these terms the first codes, in their order, and forgets all others."""
        self.vocabulary.clear()
        self.vocabulary.update(zip(terms, range(len(terms)), strict=True))
        self._memo.forget()


class _GrowingVocabulary(dict[str, int]):
    def get(self, term: str, default: int = UNKNOWN) -> int:  # type: ignore[override]  # narrower on purpose: never None
        return self.setdefault(term, len(self))


class _Memo(dict[str, tuple[int, ...]]):
    def __init__(self, terms: TermReader, vocabulary: dict[str, int]) -> None:
        super().__init__(_MARKS)
        self._terms = terms
        self._vocabulary = vocabulary

    def __missing__(self, piece: str) -> tuple[int, ...]:
        if piece in _MARKS:  # another thread may be clearing the cache
            return _MARKS[piece]
        code_of = self._vocabulary.get
        codes = tuple(UNKNOWN if term is None else code_of(term, UNKNOWN) for term in self._terms.read(piece))
        self[piece] = codes
        return codes

    def forget(self) -> None:
        self.clear()
        self.update(_MARKS)


def without_titles(codes: Codes) -> Codes:
    """Returns the stream without titles: every code before END_OF_TITLE becomes UNKNOWN."""
    ends = np.cumsum(codes == END_OF_TITLE)
    starts = 1 + np.cumsum(np.concatenate(([False], codes[:-1] == END_OF_PAPER)))
    return np.where(starts > ends, np.int32(UNKNOWN), codes)
