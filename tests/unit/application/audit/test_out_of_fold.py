"""Each paper is judged by a model that did not learn from it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.audit.duplicates import Duplicates
from application.audit.opinion import PapersBySplit
from application.audit.out_of_fold import OutOfFold, folds_of
from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.near_duplicates import NearDuplicate
from domain.taxonomy import Taxonomy
from tests.examples import small_papers, small_taxonomy
from tests.fakes.classifier import FakeClassifier

TAXONOMY = small_taxonomy()


class _Recorder:
    """Makes fake classifiers and keeps the texts that each learnt from, validation included."""

    def __init__(self) -> None:
        self.learnt: list[set[str]] = []

    def __call__(self, taxonomy: Taxonomy) -> FakeClassifier:
        seen: set[str] = set()
        self.learnt.append(seen)

        class _Recording(FakeClassifier):
            def fit(self, training, validation, session):  # type: ignore[no-untyped-def]  # as in the port
                seen.update(paper.abstract.text for paper in (*training, *validation))
                super().fit(training, validation, session)

        return _Recording(taxonomy)


def numbered(count: int) -> tuple[LabelledAbstract, ...]:
    """Papers whose texts differ."""
    return tuple(
        LabelledAbstract(Abstract(f"{paper.abstract.text} number{place}"), paper.categories)
        for place, paper in enumerate(small_papers(count))
    )


def test_no_model_sees_the_papers_of_its_fold(tmp_path: Path) -> None:
    """Every text is unknown to exactly one model, and near-duplicates to the same one."""
    papers, made = numbered(60), _Recorder()
    told: list[int] = []
    judge = OutOfFold(made, lambda papers: TAXONOMY, tmp_path, 3, 0, told.append)
    opinion = judge(PapersBySplit("s", papers, ("all",) * 60), Duplicates((NearDuplicate(0, 7, 1.0),)))
    unseen = [[paper.abstract.text not in learnt for learnt in made.learnt] for paper in papers]
    assert all(sum(row) == 1 for row in unseen)
    assert unseen[0] == unseen[7]
    assert (told, opinion.by, opinion.probabilities.shape) == ([1, 2, 3], "3 folds", (60, 5))


def test_learns_from_the_other_folds(tmp_path: Path) -> None:
    """The probabilities of papers agree with their categories better than chance."""
    papers = numbered(120)
    judge = OutOfFold(FakeClassifier, lambda papers: TAXONOMY, tmp_path, 3, 0)
    found = judge(PapersBySplit("s", papers, ("all",) * 120), Duplicates()).probabilities
    first = [TAXONOMY.column(paper.primary) for paper in papers]
    assert np.mean(found[np.arange(120), first] > 0.5) > 0.8


def test_too_few_papers_are_refused() -> None:
    """Three equal papers cannot be in two folds."""
    with pytest.raises(InvalidInputError, match="1 different papers cannot be split into 2 folds"):
        folds_of([0, 0, 0], 2, 0)


@given(st.lists(st.integers(0, 8), min_size=4, max_size=40), st.integers(2, 4), st.integers(0, 5))
def test_groups_stay_together_and_folds_are_even(groups: list[int], folds: int, seed: int) -> None:
    """A group is in one fold, and the folds have nearly the same number of groups."""
    if len(set(groups)) < folds:
        return
    found = folds_of(groups, folds, seed).tolist()
    of_group = dict(zip(groups, found, strict=True))
    assert [of_group[group] for group in groups] == found
    sizes = [list(of_group.values()).count(fold) for fold in range(folds)]
    assert max(sizes) - min(sizes) <= 1
