"""Which terms a piece of text gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.reading import END_OF_PAPER, CodeReader, term_reader, text_of
from adapters.classifiers.baseline.terms import TermReader, terms_of
from domain.abstract import Abstract
from tests.strategies import abstracts


@pytest.mark.parametrize(
    ("piece", "terms"),
    [
        ("c++", ["c++"]),
        ("c#", ["c#"]),
        ("l^2", ["l^2"]),
        ("$l^2$-norm", ["l^2", "norm"]),
        ("10^{15}", ["10^{15}"]),
        ("\\alpha", ["\\alpha"]),
        ("\u03b1-decay", ["\\alpha", "decay"]),
        ("\u039bcdm".lower(), ["\\lambda", "cdm"]),
        ("$\\mathbb{r}^n$", ["\\mathbb", "r", "n"]),
        ("self-supervised", ["self", "supervised"]),
        ('schr\\"odinger', ["schrodinger"]),
        ("schr\u00f6dinger", ["schrodinger"]),
        ("poincar\\'{e}", ["poincare"]),
        ("erd\\h{o}s", ["erdos"]),
        ("\ufb01eld", ["field"]),
        ("3d,", ["3d"]),
        ("--", []),
    ],
)
def test_what_carries_meaning_survives(piece: str, terms: list[str]) -> None:
    """Symbols, powers, Greek letters, LaTeX commands, accents and the parts of hyphenated words are kept."""
    assert terms_of(piece) == terms


@pytest.mark.parametrize(
    "name",
    ["alpha", "beta", "gamma", "delta", "kappa", "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma", "omega"],
)
def test_a_greek_letter_is_its_latex_command(name: str) -> None:
    """The letter and the command are one term."""
    import unicodedata

    letter = unicodedata.lookup(f"GREEK SMALL LETTER {name.upper().replace('LAMBDA', 'LAMDA')}")
    assert terms_of(letter) == terms_of(f"\\{name}")


def test_removed_stop_words_are_marked() -> None:
    """A stop word is None, so that no pair spans it."""
    assert TermReader(frozenset({"of"})).read("theory-of-everything") == ["theory", None, "everything"]


def test_forms_are_merged_only_where_they_are_words() -> None:
    """The merging function sees what the reader hands it, stop words excepted."""
    assert TermReader(frozenset({"the"}), str.upper).read("the-cat") == [None, "CAT"]


@given(st.text(alphabet="abXY0 .,;-$^{}\\\"'+#()=~_/\n", min_size=1, max_size=60))
def test_the_fast_path_for_ascii_gives_the_same_terms(text: str) -> None:
    """A paper reads alike whether or not a character outside ASCII keeps it from the fast path."""
    plain = text_of(Abstract("x " + text)).split()
    careful = text_of(Abstract("x " + text + " \u4e00")).split()
    ascii_terms = [term for piece in plain for term in terms_of(piece)]
    other_terms = [term for piece in careful for term in terms_of(piece) if term != "\u4e00"]
    assert ascii_terms == other_terms


@given(abstracts())
def test_any_paper_ends_in_one_mark(abstract: Abstract) -> None:
    """Whatever the text holds, marks included, a paper has one end, and it is last."""
    codes = CodeReader(term_reader(TextOptions()), {}).read([abstract, abstract])
    assert (codes == END_OF_PAPER).sum() == 2
    assert codes[-1] == END_OF_PAPER
