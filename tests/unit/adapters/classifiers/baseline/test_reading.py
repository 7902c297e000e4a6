"""Papers as streams of codes."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.reading import (
    END_OF_PAPER,
    END_OF_TITLE,
    UNKNOWN,
    CodeReader,
    GrowingCodeReader,
    stop_words,
    term_reader,
    without_titles,
)
from adapters.classifiers.baseline.scanning import Codes
from domain.abstract import Abstract
from tests.strategies import abstracts

VOCABULARY = {"graph": 0, "neural": 1, "network": 2}
PAPER = Abstract("A neural network.", title="Graph")


def reader() -> CodeReader:
    """A reader of three words that keeps stop words."""
    return CodeReader(term_reader(TextOptions()), VOCABULARY)


def test_title_comes_before_abstract_with_a_mark_between() -> None:
    """The stream is title, mark, abstract, mark."""
    assert reader().read([PAPER]).tolist() == [0, END_OF_TITLE, UNKNOWN, 1, 2, END_OF_PAPER]


def test_papers_follow_one_another() -> None:
    """Two papers give the stream of the first and then that of the second."""
    one, two = PAPER, Abstract("Network")
    assert reader().read([one, two]).tolist() == [*reader().read([one]), *reader().read([two])]


@given(st.lists(abstracts(), min_size=1, max_size=4))
def test_leaving_titles_out_is_as_if_there_were_none(papers: list[Abstract]) -> None:
    """The known codes without titles are those of the same papers read without their titles."""
    growing = GrowingCodeReader(term_reader(TextOptions()))
    dropped = without_titles(growing.read(papers))
    untitled = growing.read([paper.without_title() for paper in papers])
    assert dropped[dropped >= 0].tolist() == untitled[untitled >= 0].tolist()


def test_a_growing_reader_numbers_terms_as_they_come() -> None:
    """Every new term gets the next code and keeps it."""
    growing = GrowingCodeReader(term_reader(TextOptions()))
    assert growing.read([Abstract("b a b")]).tolist() == [END_OF_TITLE, 0, 1, 0, END_OF_PAPER]
    assert list(growing.vocabulary) == ["b", "a"]


def test_removed_stop_words_are_unknown() -> None:
    """With keep_stop_words off, a stop word has no code even where the vocabulary lists it."""
    removing = CodeReader(term_reader(TextOptions(keep_stop_words=False)), {"the": 0, "graph": 1})
    assert removing.read([Abstract("The graph")]).tolist() == [END_OF_TITLE, UNKNOWN, 1, END_OF_PAPER]


def test_the_memo_is_emptied_before_it_fills_memory() -> None:
    """A stream of ever new words leaves no more than the limit behind."""
    small = reader()
    for start in range(0, 450_000, 50_000):
        small.read([Abstract(" ".join(f"w{n}" for n in range(start, start + 50_000)), max_characters=10**9)])
    assert small.remembered() <= 200_000


def test_marks_are_read_while_the_memo_is_being_emptied() -> None:
    """A thread that reads between the emptying and the refilling of the memo still finds the ends of papers."""

    class Emptied(CodeReader):
        def read(self, abstracts: Sequence[Abstract]) -> Codes:
            self._memo.clear()
            return super().read(abstracts)

    assert Emptied(term_reader(TextOptions()), VOCABULARY).read([PAPER]).tolist() == reader().read([PAPER]).tolist()


def test_stop_words_hold_no_word_of_a_field() -> None:
    """Words that tell categories apart, or are half of a hyphenated term, are not stop words."""
    assert not stop_words() & {"non", "self", "x", "k", "two", "one", "zero", "first", "system", "anti", "like-charge"}
