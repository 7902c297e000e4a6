"""Label quality agrees with cleanlab, and falls with every label that fits less."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from application.audit.label_quality import label_quality, self_confidence
from tests.lazily import lazily

cleanlab = lazily("cleanlab.multilabel_classification.rank")


def drawn(papers: int, categories: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Random labels and probabilities."""
    chance = np.random.default_rng(seed)
    probabilities = chance.random((papers, categories), np.float32)
    return (chance.random((papers, categories)) < 0.3).astype(np.uint8), probabilities


def test_agrees_with_cleanlab() -> None:
    """The scores are cleanlab's of self-confidence with an exponential moving average."""
    targets, probabilities = drawn(200, 12, seed=3)
    labels = [np.flatnonzero(row).tolist() for row in targets]
    for decay in (0.5, 0.8, 0.95):
        theirs = cleanlab.get_label_quality_scores(
            labels,
            probabilities,
            method="self_confidence",
            aggregator_kwargs={"method": "exponential_moving_average", "alpha": decay},
        )
        np.testing.assert_allclose(label_quality(targets, probabilities, decay=decay), theirs, atol=1e-6)


def test_no_papers_have_no_scores() -> None:
    """An empty set of papers gives an empty array."""
    assert label_quality(*drawn(0, 5, seed=0)).shape == (0,)


def test_papers_without_labels_are_scored() -> None:
    """A paper with no category is suspect if a category is probable."""
    targets = np.zeros((2, 3), np.uint8)
    probabilities = np.array([[0.01, 0.02, 0.01], [0.01, 0.99, 0.01]], np.float32)
    unlikely, likely = label_quality(targets, probabilities)
    assert unlikely > 0.9 and likely < 0.1


@given(st.integers(0, 1000), st.integers(0, 4))
def test_quality_falls_if_a_label_fits_less(seed: int, column: int) -> None:
    """Scores are from 0 to 1, and moving a probability away from its label never raises one."""
    targets, probabilities = drawn(6, 5, seed)
    before = label_quality(targets, probabilities)
    probabilities[:, column] = np.where(targets[:, column] != 0, 0.0, 1.0)
    after = label_quality(targets, probabilities)
    assert ((after >= 0) & (before <= 1) & (after <= before + 1e-12)).all()


def test_long_inputs_are_scored_in_parts() -> None:
    """A row's score does not depend on the other rows, and neither on which part it is scored in."""
    targets, probabilities = drawn(20_003, 3, seed=5)
    np.testing.assert_array_equal(
        label_quality(targets, probabilities)[-3:], label_quality(targets[-3:], probabilities[-3:])
    )


def test_self_confidence_is_the_probability_of_the_label_as_given() -> None:
    """A given category counts by its probability, another by the rest."""
    found = self_confidence(np.array([[1, 0]], np.uint8), np.array([[0.25, 0.25]], np.float32))
    np.testing.assert_allclose(found, [[0.25, 0.75]])
