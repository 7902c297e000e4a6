"""From papers to a stream of term codes: one way of reading, in training and in serving."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import chain

import numpy as np

from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.scanning import Codes, Scanner
from adapters.classifiers.baseline.terms import TermReader
from adapters.classifiers.baseline.word_forms import merger
from domain.abstract import Abstract

UNKNOWN = -1  # a term outside the vocabulary, or a removed stop word: no pair spans it
END_OF_TITLE = -2
END_OF_PAPER = -3
_MARKS = {"\x01": (END_OF_TITLE,), "\x00": (END_OF_PAPER,)}
_MEMO_LIMIT = 200_000
# ASCII characters that no term holds become spaces, which leaves few distinct pieces to read: 3 times as fast on new
# papers. Text with other characters goes without, since str.translate is slow there, and gives the same terms.
_PLAIN = {code: " " for code in map(ord, "!$%&()*,-/:;<>?@[]_|")}
_PLAIN |= {code: chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}


def text_of(abstract: Abstract) -> str:
    """What the model reads of a paper, lower-cased: the title, a mark, the abstract, a mark."""
    text = _marked(abstract)
    return text.translate(_PLAIN).replace(". ", " ") if text.isascii() else text


def _marked(abstract: Abstract) -> str:
    """Title and abstract with their marks, lower-cased where that takes more than a table of 256."""
    title, text = abstract.title or "", abstract.text
    if "\x00" in text or "\x01" in text or "\x00" in title or "\x01" in title:
        title, text = _unmarked(title), _unmarked(text)
    marked = f"{title} \x01 {text} \x00"
    return marked if marked.isascii() else marked.lower()


def _unmarked(text: str) -> str:
    return text.replace("\x00", " ").replace("\x01", " ")


def term_reader(options: TextOptions) -> TermReader:
    """The reader of terms that these options describe."""
    removed = frozenset[str]() if options.keep_stop_words else stop_words()
    return TermReader(removed, merger(options))


@cache
def stop_words() -> frozenset[str]:
    """The vendored list of English stop words."""
    text = files("adapters.classifiers.baseline").joinpath("stop_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


class CodeReader:
    """Turns papers into codes: positions in a vocabulary, or one of the marks.

    Each piece of text between white space is looked up whole, so that matching and merging of forms are paid once
    per distinct piece; the memo is emptied at 200,000 pieces (some 40 MB), so that memory stays flat.
    """

    def __init__(self, terms: TermReader, vocabulary: dict[str, int]) -> None:
        self._memo = _Memo(terms, vocabulary)

    def read(self, abstracts: Sequence[Abstract]) -> Codes:
        """The codes of all papers in one stream; each paper ends in END_OF_PAPER."""
        pieces = " ".join(map(text_of, abstracts)).split()
        memo = self._memo
        codes = np.array([*chain.from_iterable(map(memo.__getitem__, pieces))], dtype=np.int32)
        if len(memo) > _MEMO_LIMIT:
            memo.forget()
        return codes

    def remembered(self) -> int:
        """How many pieces the memo holds."""
        return len(self._memo)


class ScanningCodeReader:
    """Gives the codes that CodeReader gives, several times as fast, for words that are read as they stand."""

    def __init__(self, terms: TermReader, vocabulary: dict[str, int]) -> None:
        marks = {ord(mark): codes[0] for mark, codes in _MARKS.items()}
        self._scanner = Scanner(terms, vocabulary, marks, UNKNOWN)

    def read(self, abstracts: Sequence[Abstract]) -> Codes:
        """The codes of all papers in one stream; each paper ends in END_OF_PAPER."""
        return self._scanner.codes(f" {' '.join(map(_marked, abstracts))} ".encode("utf-8", "surrogatepass"))

    def remembered(self) -> int:
        """How many pieces the memo holds."""
        return self._scanner.remembered()


def code_reader(options: TextOptions, vocabulary: dict[str, int]) -> CodeReader | ScanningCodeReader:
    """The fastest reader for these options: where forms are merged, each piece has to be seen by the merger once."""
    terms = term_reader(options)
    return ScanningCodeReader(terms, vocabulary) if terms.merge is None else CodeReader(terms, vocabulary)


class GrowingCodeReader(CodeReader):
    """A reader that gives every new term the next code: the first step of making a vocabulary."""

    def __init__(self, terms: TermReader) -> None:
        self.vocabulary = _GrowingVocabulary()
        super().__init__(terms, self.vocabulary)


class _GrowingVocabulary(dict[str, int]):
    def get(self, term: str, default: int = UNKNOWN) -> int:  # type: ignore[override]  # narrower on purpose: never None
        return self.setdefault(term, len(self))


class _Memo(dict[str, tuple[int, ...]]):
    def __init__(self, terms: TermReader, vocabulary: dict[str, int]) -> None:
        super().__init__(_MARKS)
        self._terms = terms
        self._vocabulary = vocabulary

    def __missing__(self, piece: str) -> tuple[int, ...]:
        if piece in _MARKS:  # another thread may be emptying the memo
            return _MARKS[piece]
        code_of = self._vocabulary.get
        codes = tuple(UNKNOWN if term is None else code_of(term, UNKNOWN) for term in self._terms.read(piece))
        self[piece] = codes
        return codes

    def forget(self) -> None:
        self.clear()
        self.update(_MARKS)


def without_titles(codes: Codes) -> Codes:
    """The same stream as if no paper had a title: every code before END_OF_TITLE becomes UNKNOWN."""
    ends = np.cumsum(codes == END_OF_TITLE)
    starts = 1 + np.cumsum(np.concatenate(([False], codes[:-1] == END_OF_PAPER)))
    return np.where(starts > ends, np.int32(UNKNOWN), codes)
