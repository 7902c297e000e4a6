"""The fast reader against the careful one."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.reading import CodeReader, ScanningCodeReader, code_reader, term_reader
from adapters.classifiers.baseline.scanning import HashedWords
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from tests.strategies import abstracts

WORDS = [
    "a",
    "ab",
    "b",
    "x",
    "c++",
    "l^2",
    "\\alpha",
    "\\mu",
    "\\ss",
    "\\v",
    "\\o",
    "naive",
    "10^{15}",
    "the",
    "field",
    "2d",
    "net",
    "works",
]
VOCABULARY = {word: code for code, word in enumerate(WORDS)}
CAREFUL = CodeReader(term_reader(TextOptions()), VOCABULARY)
FAST = ScanningCodeReader(term_reader(TextOptions()), VOCABULARY)

awkward = st.lists(
    st.one_of(
        st.sampled_from(WORDS),
        st.text(alphabet="aBx. ,-\"'`~=+#^{}\\\t\n\x00\x01\x1c\x85\u00a0\u00ef\u03b1\ufb01(|_", max_size=8),
    ),
    min_size=1,
    max_size=8,
).map("".join)


@given(st.lists(st.builds(Abstract, awkward.map("x".__add__), title=st.none() | awkward), min_size=1, max_size=4))
@example([Abstract("net. works.\nnet .x a.b. ... ab.")])
@example(
    [
        Abstract(
            r"$\alpha$ \alpha{x} {\alpha}b d\alpha \alphab \alpha2 \alpha\alpha \alpha.net \alpha^2 \'\alpha \'{\alpha}"
        )
    ]
)
@example(
    [Abstract(r"\mu{x} x\mu \v{c} \v \vv{c} Stra{\ss}e \ss} \ss \o} \ALPHA \v{\alpha} \\alpha \"{\mu} \alpha\ net")]
)
@example([Abstract("na\u00efve NA\u00cfVE \u0130x", title="\u03b1 \\alpha")])
def test_reads_awkward_text_as_the_careful_reader_does(papers: list[Abstract]) -> None:
    """Any mixture of known words, punctuation, TeX, marks and other alphabets gives the same codes."""
    assert FAST.read(papers).tolist() == CAREFUL.read(papers).tolist()
    assert FAST.read(AbstractBatch.of(papers)).tolist() == CAREFUL.read(papers).tolist()


@given(st.lists(abstracts(), min_size=1, max_size=3))
def test_reads_any_text_as_the_careful_reader_does(papers: list[Abstract]) -> None:
    """So does any text at all, alone and in columns."""
    assert FAST.read(papers).tolist() == CAREFUL.read(papers).tolist()
    assert FAST.read(AbstractBatch.of(papers)[1:]).tolist() == CAREFUL.read(papers[1:]).tolist()


def test_removed_stop_words_are_unknown_to_both_readers() -> None:
    """A stop word has no code where stop words are removed, even if the vocabulary lists it."""
    terms = term_reader(TextOptions(keep_stop_words=False))
    paper = [Abstract("The net works")]
    assert (
        ScanningCodeReader(terms, VOCABULARY).read(paper).tolist() == CodeReader(terms, VOCABULARY).read(paper).tolist()
    )


def test_the_memo_of_awkward_pieces_is_bounded() -> None:
    """A stream of ever new pieces leaves no more than the limit behind."""
    reader = ScanningCodeReader(term_reader(TextOptions()), VOCABULARY)
    for start in range(0, 200_000, 50_000):
        text = " ".join(f"w^{number}" for number in range(start, start + 50_000))
        reader.read([Abstract(text, max_characters=len(text))])
    assert reader.remembered() <= 100_000


def test_merged_forms_are_read_with_care() -> None:
    """If a stemmer is chosen, surface forms are not looked up as they stand."""
    assert isinstance(code_reader(TextOptions(), VOCABULARY), ScanningCodeReader)
    stemming = code_reader(TextOptions(stemming="snowball"), {"network": 0})
    assert stemming.read([Abstract("networks")]).tolist() == [-2, 0, -3]


@given(st.lists(st.text(alphabet="ab", min_size=1, max_size=40), min_size=1, max_size=12, unique=True), st.data())
def test_long_words_are_told_from_words_that_begin_like_them(words: list[str], data: st.DataObject) -> None:
    """Only whole words are known, whatever their length and whatever else begins or ends with the same letters."""
    known = {word: code for code, word in enumerate(data.draw(st.lists(st.sampled_from(words), unique=True)))}
    reader = ScanningCodeReader(term_reader(TextOptions()), known)
    read = reader.read([Abstract(" ".join(words))]).tolist()
    assert read == [-2, *(known.get(word, -1) for word in words), -3]


@pytest.mark.parametrize("longest", [7, 8, 9, 16, 24])
def test_a_word_longer_than_all_known_ones_is_unknown(longest: int) -> None:
    """A known word of eight letters, or a multiple of eight, is not found in a longer one."""
    reader = ScanningCodeReader(term_reader(TextOptions()), {"a" * longest: 0})
    read = reader.read([Abstract(" ".join("a" * length for length in (longest, longest + 1, longest + 30)))])
    assert read.tolist() == [-2, 0, -1, -1, -3]


def test_a_long_text_after_short_ones_is_read_whole() -> None:
    """Nothing depends on how long earlier texts were."""
    paper = Abstract("net " * 20_000, max_characters=100_000)
    assert (FAST.read([paper]) == VOCABULARY["net"]).sum() == 20_000


@given(st.sets(st.integers(1, 2**64 - 1), max_size=300), st.sets(st.integers(1, 2**64 - 1), max_size=50))
def test_a_table_finds_what_was_put_in_and_nothing_else(known: set[int], others: set[int]) -> None:
    """Every hash gives its code, every other hash the number for missing ones."""
    hashes = np.array(sorted(known), dtype=np.uint64)
    table = HashedWords(hashes, np.arange(len(hashes), dtype=np.int32))
    assert table.find(hashes, -1).tolist() == list(range(len(hashes)))
    strangers = np.array(sorted(others - known), dtype=np.uint64)
    assert table.find(strangers, -7).tolist() == [-7] * len(strangers)


@pytest.mark.parametrize("crowd", [2, 50])
def test_words_that_share_a_slot_are_all_found(crowd: int) -> None:
    """Hashes that fall on one slot are kept in the next ones."""
    # The slot is taken from the top bits of a product with an odd constant; its inverse makes such hashes.
    inverse = pow(0xD6E8FEB86659FD93, -1, 1 << 64)
    hashes = np.array([((5 << 52) + number) * inverse % (1 << 64) for number in range(crowd)], dtype=np.uint64)
    table = HashedWords(hashes, np.arange(crowd, dtype=np.int32))
    assert table.find(hashes, -1).tolist() == list(range(crowd))
