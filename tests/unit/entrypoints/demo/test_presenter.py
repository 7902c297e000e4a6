"""What the page shows, without a page."""

from hypothesis import given
from hypothesis import strategies as st

from domain.ports.dataset import BadRecord
from entrypoints.demo import presenter
from entrypoints.demo.backend import CategoryRow, Classified, Neighbour, Word
from tests.strategies import law

ROWS = tuple(
    CategoryRow(f"cs.{letter}", probability, 0.4, f"Field {letter}", f"About {letter}")
    for letter, probability in zip("ABCDEFG", (0.9, 0.6, 0.35, 0.2, 0.1, 0.05, 0.01), strict=True)
)
CLASSIFIED = Classified("baseline/1", ROWS)
ANY = st.text(max_size=40)


def test_categories_that_pass_are_shown_and_some_more() -> None:
    """At least five are drawn, so that those given can be compared with those that are not."""
    assert [row.label for row in presenter.shown_rows(ROWS, None)] == ["cs.A", "cs.B", "cs.C", "cs.D", "cs.E"]
    assert len(presenter.shown_rows(ROWS, 0.0)) == 7
    assert len(presenter.shown_rows(ROWS, 0.02)) == 6


def test_bars_say_what_passes() -> None:
    """Each bar has label, name, probability and threshold, and says without colour whether it passes."""
    html = presenter.bars(CLASSIFIED, None)
    assert html.count('class="bar passes"') == 2
    assert html.count('class="bar below"') == 3
    assert "2 of 7 categories at or above the threshold" in html
    assert 'style="left:40.0%" title="threshold 0.40"' in html
    assert 'style="width:90.0%"' in html
    assert '<i class="hidden">, not given</i>' in html


def test_the_slider_overrules_the_models_thresholds() -> None:
    """With a threshold given, that is the one drawn and the one that decides, down to 0."""
    assert "3 of 7" in presenter.bars(CLASSIFIED, 0.3)
    assert "7 of 7" in presenter.bars(CLASSIFIED, 0.0)


def test_words_are_marked_where_they_stand() -> None:
    """Words for and against stand out in title and abstract, a pair whatever is between its words."""
    words = (Word("black hole", 2.0), Word("hole", 1.2), Word("galaxy", -0.5))
    html = presenter.highlighted("A Galaxy", "The black-hole, the hole and holes", words, "integrated_gradients")
    assert '<mark class="against" style="--s:0.34" title="-0.50">Galaxy</mark>' in html
    assert '<mark class="for" style="--s:0.9" title="+2.00">black-hole</mark>' in html
    assert '<mark class="for" style="--s:0.6" title="+1.20">hole</mark> and holes' in html
    assert "method: integrated gradients" in html


@law
@given(title=ANY, abstract=ANY, terms=st.lists(st.tuples(ANY.filter(str.split), st.floats(-5, 5)), max_size=4))
def test_no_text_becomes_markup(title: str, abstract: str, terms: list[tuple[str, float]]) -> None:
    """Whatever is typed is shown as text: nothing of it opens a tag."""
    words = [Word(term, contribution) for term, contribution in terms]
    html = presenter.highlighted(f"<script>{title}", f"{abstract}<img src=x onerror=alert(1)>", words, "x")
    assert "<script" not in html
    assert "<img" not in html


def test_errors_are_text() -> None:
    """A message is shown as it is."""
    assert presenter.problem("<b>") == '<div class="problem" role="alert">&lt;b&gt;</div>'


def test_models_stand_side_by_side() -> None:
    """Each model has a column with its name; without any, the page asks for one."""
    assert presenter.compared([CLASSIFIED, CLASSIFIED]).count("<section><h4>baseline/1</h4>") == 2
    assert "Choose one model" in presenter.compared([])


def test_similar_papers_are_linked() -> None:
    """Papers of arXiv are linked to, others named; without an index, the page says how to make one."""
    found = [Neighbour("2606.01234", "On <stars>", ("astro-ph.GA",), 0.912), Neighbour("own-1", "", ("cs.LG",), 0.5)]
    html = presenter.neighbours(found)
    assert '<a href="https://arxiv.org/abs/2606.01234"' in html
    assert "On &lt;stars&gt;</a>" in html
    assert "<b>0.50</b> own-1" in html
    assert "arxiv-classifier index" in presenter.neighbours(None)


def test_batches_are_rows() -> None:
    """A paper without an id is numbered."""
    rows = presenter.batch_table(["a", ""], [[("cs.LG", 0.5), ("cs.CV", 0.25)], []])
    assert rows == [["a", "cs.LG cs.CV", "0.5000 0.2500"], ["2", "", ""]]


def test_what_was_left_out_is_said() -> None:
    """The first record that could not be read is named with its line."""
    said = presenter.batch_summary(1200, [BadRecord("x.jsonl", 3, "The abstract is blank.")] * 2)
    assert "1,200 papers classified" in said
    assert "2 records could not be read and were left out. The first, line 3: The abstract is blank." in said
    assert "problem" not in presenter.batch_summary(3, [])
