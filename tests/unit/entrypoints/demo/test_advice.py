"""The answer in words, without a page."""

import html
import json
import re

from entrypoints.demo.advice import advised, answer, most_probable
from entrypoints.demo.backend import Advised, AdvisedRow, CategoryRow, Classified

ASKED = {"title": 'A "title" <b>', "abstract": "x & y", "model": "baseline"}
PRIMARY = AdvisedRow("math.AP", "Analysis of PDEs", 0.98, ("elliptic", "<regularity>"))
ADVISED = Advised("Primary: math.AP. No cross-list.", PRIMARY)


def test_the_answer_is_in_words() -> None:
    """Primary and cross-lists come with names and words, and the button copies the sentence."""
    found = Advised(
        "Primary: math.AP. Cross-list: math.FA, math.SP.",
        PRIMARY,
        (
            AdvisedRow("math.FA", "Functional Analysis", 0.4, ("sobolev",)),
            AdvisedRow("math.SP", "Spectral Theory", 0.3),
        ),
    )
    shown = answer(found, ASKED)
    assert 'Primary: <b>math.AP</b> <span>Analysis of PDEs</span></p><p class="note">Words for it: ' in shown
    assert "<i>&lt;regularity&gt;</i>" in shown
    assert "Cross-list: <b>math.FA</b> <span>Functional Analysis</span>, <b>math.SP</b>" in shown
    assert "For math.FA: <i>sobolev</i>" in shown
    assert 'data-copy="Primary: math.AP. Cross-list: math.FA, math.SP."' in shown


def test_what_was_asked_can_be_read_back() -> None:
    """The script of the page makes links of it, whatever characters it has."""
    (data,) = re.findall(r'data-asked="([^"]*)"', answer(ADVISED, ASKED))
    assert json.loads(html.unescape(data)) == ASKED


def test_opinions_and_warnings_are_listed() -> None:
    """Each chosen category has a line, and what is not known stands as a note."""
    category = {"category": "cs.LG", "name": "Machine Learning", "probability": 0.5, "reasons": ["x"]}
    opinion = {"category": "cs.LG", "verdict": "swap", "probability": 0.5, "reason": "It is <likelier>."}
    found = advised(
        {"answer": "A.", "primary": category, "cross_lists": [], "opinion": [opinion], "warnings": ["Few words."]}
    )
    shown = answer(found, ASKED)
    assert "<li>Make cs.LG the primary category. It is &lt;likelier&gt;.</li>" in shown
    assert '<p class="note warning" role="status">Few words.</p>' in shown
    assert "No cross-list." in shown


def test_a_paper_outside_is_an_answer() -> None:
    """It names no category."""
    shown = answer(Advised("Probably outside the categories this model knows.", None), ASKED)
    assert '<p class="say">Probably outside the categories this model knows.</p>' in shown
    assert "Primary" not in shown


def test_labels_of_ones_own_have_no_primary() -> None:
    """Those that reach their thresholds are named, or else the most probable one."""
    rows = (CategoryRow("Q1: soil", 0.8, 0.5), CategoryRow("Q2: air", 0.6, 0.5), CategoryRow("Q3: sea", 0.1, 0.5))
    shown = most_probable(Classified("m", rows), ASKED)
    assert "Most probable: <b>Q1: soil</b>, <b>Q2: air</b>" in shown
    assert html.escape('["Q1: soil", "Q2: air"]') in shown
    assert "Most probable: <b>Q3: sea</b>" in most_probable(Classified("m", rows[2:]), ASKED)
