"""A paper with its words marked, without a page."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from domain.explanation import Span
from entrypoints.demo.backend import Paper, Reasons, Word
from entrypoints.demo.highlights import highlighted

ANY = st.text(max_size=40)
CONTRIBUTIONS = st.floats(-5, 5)


def marks(text: str) -> list[tuple[str, str]]:
    """The marked stretches of text, each with what is said of it."""
    return re.findall(r'<mark class="\w+" style="[^"]*" title="([^"]*)">([^<]*)</mark>', text)


def test_words_are_marked_where_they_are_said_to_stand() -> None:
    """A term whose spelling is not the paper's is marked by its place."""
    words = (Word("\\alpha", 2.0, (Span("abstract", 4, 5),)), Word("kahler", -1.0, (Span("title", 0, 6),)))
    found = highlighted(Paper("The \N{GREEK SMALL LETTER ALPHA} alpha", "Kähler"), Reasons("x", words))
    assert marks(found) == [("-1.00", "Kähler"), ("+2.00", "\N{GREEK SMALL LETTER ALPHA}")]
    assert '<mark class="against" style="--s:0.57" title="-1.00">' in found


def test_without_places_words_are_looked_for() -> None:
    """Whole words are found whatever their case, pairs whatever is between them, in title and abstract."""
    reasons = Reasons("x", (Word("galaxy", -0.5), Word("black hole", 1.5)))
    found = highlighted(Paper("The black-hole and black holes", "A Galaxy"), reasons)
    assert marks(found) == [("-0.50", "Galaxy"), ("+1.50", "black-hole")]


def test_where_terms_overlap_they_add_up() -> None:
    """A word is marked with the sum of its own contribution and those of the pairs that it is part of."""
    words = (Word("neural", 1.0), Word("graph neural", 0.5), Word("neural network", -0.2))
    found = highlighted(Paper("graph neural network"), Reasons("x", words))
    assert marks(found) == [("+0.50", "graph "), ("+1.30", "neural"), ("-0.20", " network")]


def test_for_and_against_are_told_apart_in_words() -> None:
    """Words that speak for and against are listed apart. A side without words says so."""
    found = highlighted(Paper("star"), Reasons("x", (Word("star", 1.25),)))
    assert 'aria-label="Words for"><p class="side">for</p><ul>' in found
    assert "<b>star</b> <span>+1.25</span>" in found
    assert 'aria-label="Words against"><p class="side">against</p><p class="note">none of weight</p>' in found


def test_a_closed_category_says_so() -> None:
    """If the month closed the category, that is said, and no word is marked."""
    found = highlighted(Paper("star"), Reasons("closed", (), logit=None))
    assert "arXiv did not have this category in the month of the paper" in found
    assert marks(found) == []


def test_the_method_is_named() -> None:
    """Contributions that add up are shown to; of others it is said that they do not."""
    word = (Word("star", 1.25),)
    adding = Reasons("integrated_gradients", word, logit=0.5, base=-1.0, others=0.25)
    assert "integrated gradients. Logit 0.50: -1.00 without words, +1.25 by these, +0.25 by others." in highlighted(
        Paper("star"), adding
    )
    assert "Method: occlusion" in (found := highlighted(Paper("star"), Reasons("occlusion", word)))
    assert "do not add up" in found
    assert found.index("<summary>How these words were found") < found.index("logit")


def test_a_category_without_words() -> None:
    """If no word is known, that is said."""
    assert highlighted(Paper("x"), None) == highlighted(Paper("x"), Reasons("x", ()))


@given(title=ANY, abstract=ANY, terms=st.lists(st.tuples(ANY, CONTRIBUTIONS), max_size=4))
def test_no_text_becomes_markup(title: str, abstract: str, terms: list[tuple[str, float]]) -> None:
    """Whatever is typed is shown as text: nothing of it opens a tag."""
    words = tuple(Word(term, contribution) for term, contribution in terms)
    paper = Paper(f"{abstract}<img src=x onerror=alert(1)>", f"<script>{title}")
    found = highlighted(paper, Reasons("x", words))
    assert "<script" not in found
    assert "<img" not in found


@given(
    abstract=st.text("ab -", min_size=1, max_size=20),
    terms=st.lists(st.tuples(st.text("ab ", min_size=1), CONTRIBUTIONS)),
)
def test_marking_changes_no_character(abstract: str, terms: list[tuple[str, float]]) -> None:
    """Without its marks, a marked text is what was typed."""
    words = (Word("zzz", 1.0), *(Word(term, contribution) for term, contribution in terms))
    body = highlighted(Paper(abstract), Reasons("x", words)).split("<p>", 1)[1].split("</p>", 1)[0]
    assert html.unescape(re.sub(r"<[^>]*>", "", body)) == abstract
