"""Parts of the papers, archives, co-occurrence and confusion."""

import numpy as np
import pytest

from application.evaluation.confusions import co_occurrences, confusion
from application.evaluation.hierarchy import hierarchy_of
from application.evaluation.outcome import outcome_of
from application.evaluation.parts import parts_of
from domain.abstract import Abstract
from domain.category import Category
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds
from tests.unit.application.evaluation.outcomes import outcome_from, taxonomy_of


def _paper(categories: str, *, month: str | None = None, words: int = 10) -> LabelledAbstract:
    text = " ".join(["word"] * words)
    return LabelledAbstract(Abstract(text, month=month), tuple(map(Category, categories.split())))


def _parts(papers: list[LabelledAbstract], taxonomy: Taxonomy) -> dict[tuple[str, str], list[int]]:
    table = np.full((len(papers), len(taxonomy)), 0.1, np.float32)
    outcome = outcome_of(papers, taxonomy, Thresholds(0.5), table).labelled()
    return {(part.by, part.name): part.papers.tolist() for part in parts_of(papers, outcome)}


def test_papers_are_parted_by_archive_number_month_and_length() -> None:
    """Each paper is in the part of its first archive, of its known categories, of its month and of its words."""
    papers = [
        _paper("cs.LG stat.ML", month="2026-06", words=60),
        _paper("q-bio.NC cs.CV", month="2026-05", words=49),
        _paper("q-bio.NC"),
        _paper("cs.LG", words=400),
    ]
    assert _parts(papers, taxonomy_of(6)) == {
        ("archive", "cs"): [0, 2],
        ("archive", "q-bio"): [1],
        ("categories", "1"): [1, 2],
        ("categories", "2"): [0],
        ("month", "2026-05"): [1],
        ("month", "2026-06"): [0],
        ("words", "0 to 49"): [1],
        ("words", "50 to 99"): [0],
        ("words", "250 or more"): [2],
    }


def test_many_months_become_years() -> None:
    """Papers of more than sixty months are parted by year."""
    papers = [_paper("cs.LG", month=f"{2000 + number // 12}-{number % 12 + 1:02}") for number in range(72)]
    found = _parts(papers, taxonomy_of(2))
    assert [name for by, name in found if by == "year"] == ["2000", "2001", "2002", "2003", "2004", "2005"]
    assert not [name for by, name in found if by == "month"]


def test_a_wrong_category_of_the_right_archive_counts_for_the_archive() -> None:
    """Predicting cs.CV for cs.LG is right by archive, and half right over both levels."""
    outcome = outcome_from(np.array([[True, False, False]]), np.array([[0.1, 0.9, 0.2]], np.float32))
    found = hierarchy_of(outcome)
    assert found is not None
    assert found.metrics["archive_f1"] == 1
    assert (found.metrics["hierarchical_precision"], found.metrics["hierarchical_recall"]) == (0.5, 0.5)
    assert [(row.archive, row.support, row.f1) for row in found.archives] == [("cs", 1, 1), ("math", 0, 0)]


def test_categories_of_one_archive_have_no_hierarchy() -> None:
    """With one archive there is no upper level to score."""
    assert hierarchy_of(outcome_from(np.ones((1, 2), np.bool_), np.ones((1, 2), np.float32))) is None


def test_co_occurrence_is_a_share_of_the_rows_papers() -> None:
    """Of three papers of cs.LG one also has cs.CV; of the one of cs.CV all have cs.LG. The diagonal is empty."""
    targets = np.array([[True, True], [True, False], [True, False]])
    truth, predicted = co_occurrences(outcome_from(targets, np.zeros((3, 2), np.float32)), 2)
    assert truth.values.tolist() == [
        [pytest.approx(np.nan, nan_ok=True), pytest.approx(1 / 3)],
        [1, pytest.approx(np.nan, nan_ok=True)],
    ]
    assert np.isnan(predicted.values).all()


def test_confusion_counts_missed_with_wrong() -> None:
    """A paper of cs.LG that gets cs.CV confuses the two. One that gets both does not. Weights count."""
    targets = np.array([[True, False], [True, False], [False, True]])
    table = np.array([[0.1, 0.9], [0.9, 0.9], [0.2, 0.9]], np.float32)
    square, pairs = confusion(outcome_from(targets, table, weights=[2.5, 1, 1]), 3)
    assert square.values.tolist() == [[0, 2.5], [0, 0]]
    assert [(str(each.missed), str(each.predicted), each.papers) for each in pairs] == [("cs.LG", "cs.CV", 2.5)]
