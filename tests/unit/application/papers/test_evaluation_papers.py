"""Which papers a model is measured on."""

import pytest

from application.papers.evaluation_papers import fair_split, papers_of_split
from application.papers.splitting import SplitPolicy
from domain.ports.dataset import Split
from tests.examples import small_papers
from tests.fakes.dataset import FakeDataset

PAPERS = small_papers(40)
PILE = FakeDataset(PAPERS)
DIVIDED = FakeDataset({Split.TRAIN: PAPERS[:30], Split.TEST: PAPERS[30:]})


def test_a_sources_own_split_is_taken_as_it_is() -> None:
    """If the source has a test split, that is the test split."""
    assert list(papers_of_split(DIVIDED, Split.TEST, SplitPolicy("time"), print)) == PAPERS[30:]


def test_all_is_every_paper_in_order() -> None:
    """No split means the whole source."""
    assert list(papers_of_split(DIVIDED, None, SplitPolicy("time"), print)) == PAPERS


def test_the_policy_divides_a_source_without_splits() -> None:
    """The three splits of one pile are disjoint and hold every paper."""
    policy = SplitPolicy("hash", validation_share=0.3, test_share=0.3)
    parts = [list(papers_of_split(PILE, split, policy, print)) for split in Split]
    assert all(parts)
    assert sorted(paper.abstract.id or "" for part in parts for paper in part) == [p.abstract.id for p in PAPERS]


@pytest.mark.parametrize(
    ("dataset", "trained_on", "expected"),
    [
        (DIVIDED, set(), Split.TEST),
        (PILE, {PILE.fingerprint()}, Split.TEST),
        (PILE, {DIVIDED.fingerprint()}, None),
        (PILE, set(), None),
    ],
    ids=["own splits", "trained on it", "trained on another", "trained on nothing known"],
)
def test_what_was_learnt_is_not_measured(dataset: FakeDataset, trained_on: set[str], expected: Split | None) -> None:
    """The test split of what has splits or was trained on, and the whole of anything else."""
    assert fair_split(dataset, trained_on) == expected
