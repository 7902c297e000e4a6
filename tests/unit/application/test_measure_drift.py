"""Drift separates a changed mixture of labels from changed texts."""

from collections.abc import Callable

import numpy as np
import pytest

from application.drift.logged import as_logged, logged_papers
from application.drift.samples import DriftPapers
from application.measure_drift import Drift, Limits, MeasureDrift
from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError
from domain.experiment import Assignment
from domain.logged_prediction import LoggedPrediction
from domain.prediction import CategoryScore
from tests.examples import small_taxonomy

TAXONOMY = small_taxonomy()
WORDS = [[f"{label}{number}" for number in "abcdefghijklmnopqrstuvwxyz"] for label in ("lg", "th", "mp", "mm", "cv")]
COMMON = [f"common{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]


def papers(
    shares: list[float], count: int, seed: int, *, change: Callable[[str], str] = str, vectors: bool = False
) -> DriftPapers:
    """Papers of one label each, whose words and calibrated probabilities follow from it; two months."""
    chance = np.random.default_rng(seed)
    labels = chance.choice(5, count, p=shares)
    texts = [
        " ".join([*chance.choice(WORDS[label], 12), *chance.choice(COMMON, 8)]) + " z" * int(chance.integers(9))
        for label in labels.tolist()
    ]
    probabilities = np.full((count, 5), 0.02, np.float32)
    probabilities[np.arange(count), labels] = 0.92
    drawn = chance.normal(0, 0.1, (count, 5)).astype(np.float32)
    return DriftPapers(
        f"sample {seed}",
        tuple(f"2026-0{1 + row % 2}" for row in range(count)),
        probabilities,
        tuple(TAXONOMY.categories[label] for label in labels.tolist()),
        tuple(Abstract(change(text)) for text in texts),
        vectors=np.eye(5, dtype=np.float32)[labels] + drawn if vectors else None,
    )


BEFORE = [0.3, 0.2, 0.2, 0.1, 0.2]
AFTER = [0.1, 0.1, 0.1, 0.2, 0.5]


def compared(current: DriftPapers, **options: int) -> Drift:
    """The drift from 1,500 reference papers."""
    return MeasureDrift(TAXONOMY, Limits(), **options)(papers(BEFORE, 800, 0, vectors=True), current)


def test_a_changed_mixture_is_called_labels() -> None:
    """If the shares of labels alone change, words and vectors differ, but not those of the same labels."""
    found = compared(papers(AFTER, 800, 1, vectors=True))
    assert [found.whole.verdict, *(month.verdict for month in found.months)] == ["labels"] * 3
    measures = {measure.name: measure for measure in found.whole.measures}
    assert measures["words"].distance.low > 0.02
    assert measures["vectors"].distance.low > 0.1
    assert {"primary categories", "label shares (estimated)"} == {
        name for name, each in measures.items() if each.alerts
    }
    assert found.alerts


def test_changed_texts_are_called_text() -> None:
    """If the same labels have other words, the verdict is text."""
    found = compared(papers(BEFORE, 800, 1, change=lambda text: text.replace("common", "usual")))
    assert found.whole.verdict == "text"
    assert found.alerts


def test_both_changes_are_named() -> None:
    """Other shares and other words are both found."""
    changed = papers(AFTER, 800, 1, change=lambda text: text.replace("common", "usual"))
    assert compared(changed).whole.verdict == "labels and text"


def test_the_same_population_does_not_alert() -> None:
    """Other papers of the same population have no alert, in none of four cases."""
    found = [compared(papers(BEFORE, 500, seed)) for seed in range(1, 5)]
    assert [each.alerts for each in found] == [False] * 4
    assert {each.whole.verdict for each in found} == {"none"}


def test_estimated_shares_are_those_of_the_labels() -> None:
    """Without its labels, the shares of the current papers are found within three hundredths."""
    current = papers(AFTER, 2000, 1)
    found = compared(current).whole.shares
    wanted = [current.primaries.count(label) / 2000 for label in TAXONOMY.categories]
    np.testing.assert_allclose([found[str(label)] for label in TAXONOMY.categories], wanted, atol=0.03)


def test_small_months_are_counted_and_not_measured() -> None:
    """A month with fewer papers than asked for is named with its number."""
    found = compared(papers(BEFORE, 100, 1), least_papers=60)
    assert (found.months, found.small_months) == ((), {"2026-01": 50, "2026-02": 50})


def test_a_source_without_papers_is_refused() -> None:
    """One paper cannot be compared."""
    with pytest.raises(InvalidInputError, match="sample 1 holds 1 papers"):
        compared(papers(BEFORE, 1, 1))


def logged(category: str, *, shadow: bool = False) -> LoggedPrediction:
    """A line of a prediction log."""
    scores = (CategoryScore(Category(category), 0.9),)
    kind = Assignment.SHADOW if shadow else next(each for each in Assignment if each is not Assignment.SHADOW)
    return LoggedPrediction("2026-06-30T23:59:59+00:00", "r:0", "ab", None, kind, "m", scores, scores, 1.0)


def test_a_log_is_read_as_papers() -> None:
    """Months come from the time of the request, probabilities from the log. Shadows are left out."""
    found = logged_papers("log", [logged("cs.CV"), logged("hep-th", shadow=True)], TAXONOMY)
    assert (found.months, found.primaries, found.abstracts) == (("2026-06",), (None,), None)
    np.testing.assert_allclose(found.probabilities, [[0, 0, 0, 0, 0.9]])


def test_a_log_of_another_model_is_refused() -> None:
    """A category that the model has not is named."""
    with pytest.raises(InvalidInputError, match=r"has the category cs\.RO"):
        logged_papers("log", [logged("cs.RO")], TAXONOMY)


def test_other_papers_are_cut_as_a_log_cuts_them() -> None:
    """The five highest probabilities are kept with four digits."""
    row = np.array([[0.11111, 0.2, 0.3, 0.4, 0.5, 0.6]], np.float32)
    np.testing.assert_allclose(as_logged(row), [[0, 0.2, 0.3, 0.4, 0.5, 0.6]])
    np.testing.assert_allclose(as_logged(np.array([[0.11111]], np.float32)), [[0.1111]])
