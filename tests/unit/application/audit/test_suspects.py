"""Suspect papers come in order, with the categories that a model would give."""

import numpy as np
from numpy.typing import NDArray

from application.audit.suspects import Change, Doubts, doubts_of
from domain.abstract import Abstract
from domain.category import Category
from domain.labelled_abstract import LabelledAbstract
from domain.thresholds import Thresholds
from tests.examples import small_taxonomy

TAXONOMY = small_taxonomy()  # cs.LG, hep-th, math-ph, math.MP, cs.CV


def paper(*names: str) -> LabelledAbstract:
    """A paper of these categories."""
    return LabelledAbstract(Abstract("We study a problem."), tuple(map(Category.parse, names)))


def doubts(papers: list[LabelledAbstract], rows: list[list[float]], most: int = 10) -> Doubts:
    """The doubts of a model that gives each paper a row of probabilities."""
    probabilities: NDArray[np.float32] = np.array(rows, np.float32)
    return doubts_of(papers, probabilities, TAXONOMY, Thresholds(0.5), twins=TAXONOMY, most=most)


def test_the_surest_mistake_comes_first() -> None:
    """Papers are ordered by their label that fits least. Papers whose labels fit are left out."""
    found = doubts(
        [paper("cs.LG"), paper("cs.LG"), paper("cs.LG")],
        [[0.4, 0, 0, 0, 0.6], [0.9, 0, 0, 0, 0.1], [0.001, 0, 0, 0, 0.98]],
    )
    assert [suspect.row for suspect in found.suspects] == [2, 0]
    assert (found.total, len(found.quality)) == (2, 3)


def test_suggests_what_the_model_would_give() -> None:
    """Kept categories come first in their order, then those to add. The reason names the surest change first."""
    (suspect,) = doubts([paper("cs.LG", "hep-th", "q-bio.NC")], [[0.7, 0.0004, 0, 0, 0.8]]).suspects
    assert list(map(str, suspect.suggested)) == ["cs.LG", "q-bio.NC", "cs.CV"]
    assert [(str(change.category), change.given) for change in suspect.changes] == [("hep-th", True), ("cs.CV", False)]
    assert suspect.reason == (
        "hep-th is given, but its probability is below 0.001. cs.CV is missing, but its probability is 0.800."
    )
    assert suspect.probability == suspect.changes[0].probability < 0.001


def test_twins_come_together() -> None:
    """A suggested category brings its twin, though the twin's own probability is low."""
    (suspect,) = doubts([paper("cs.LG")], [[0.1, 0, 0.9, 0.2, 0]]).suspects
    assert list(map(str, suspect.suggested)) == ["math-ph", "math.MP"]


def test_a_paper_with_no_probable_category_gets_the_most_probable_one() -> None:
    """Below all thresholds, the most probable category is suggested, but not to a paper outside the taxonomy."""
    found = doubts([paper("cs.LG"), paper("q-bio.NC")], [[0.1, 0.3, 0, 0, 0.2], [0.1, 0.3, 0, 0, 0.2]])
    assert [list(map(str, suspect.suggested)) for suspect in found.suspects] == [["hep-th"]]
    assert found.suspects[0].changes[0] == Change(Category("cs.LG"), True, float(np.float32(0.1)))


def test_doubts_are_counted_by_category() -> None:
    """All papers are counted, those beyond the most suspect ones too."""
    found = doubts([paper("cs.LG"), paper("cs.LG")], [[0.1, 0, 0, 0, 0.9], [0.2, 0, 0, 0, 0.6]], most=1)
    counts = {str(each.category): (each.given, each.added, each.dropped) for each in found.categories}
    assert (counts["cs.LG"], counts["cs.CV"], counts["hep-th"]) == ((2, 0, 2), (0, 2, 0), (0, 0, 0))
    assert (found.total, len(found.suspects)) == (2, 1)
