"""Papers that are held out and in training too."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.papers.leakage import HeldOut, without_held_out
from application.papers.splitting import SplitBy, SplitPolicy, read_splits
from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Split
from tests.examples import small_papers
from tests.fakes.dataset import FakeDataset

_TEXT = "We study the spectrum of random operators on infinite lattices with rigorous methods."


def _paper(text: str = _TEXT, id: str | None = None) -> LabelledAbstract:
    return LabelledAbstract(Abstract(text, id=id), (Category("math-ph"),))


@pytest.mark.parametrize(
    ("held_out", "training"),
    [
        (_paper(id="2601.00001"), _paper("Another text.", "2601.00001")),
        (_paper(id="2601.00001v3"), _paper("Another text.", "2601.00001")),
        (_paper(id="hep-th/9901001"), _paper("Another text.", "hep-th/9901001v2")),
        (_paper(), _paper(id="2601.00002")),
        (_paper(), _paper(f"  {_TEXT.upper()} ".replace(" ", " \n\t"))),
        (_paper("Short."), _paper("SHORT.")),
    ],
)
def test_recognises_a_paper(held_out: LabelledAbstract, training: LabelledAbstract) -> None:
    """An identifier without its version tells a paper, and so does a text whose white space and case are folded."""
    assert training in HeldOut([held_out])


@pytest.mark.parametrize(
    ("held_out", "training"),
    [
        (_paper(id="2601.00001"), _paper("Another text.", "2601.00002")),
        (_paper(), _paper(_TEXT + " And more.")),
        (_paper(id="17"), _paper("Another text.", "17")),
        (_paper(), _paper("Another text.")),
    ],
)
def test_leaves_others_alone(held_out: LabelledAbstract, training: LabelledAbstract) -> None:
    """Neither a beginning in common, nor the number of a row, nor a missing identifier makes two papers the same."""
    assert training not in HeldOut([held_out])


@given(st.lists(st.integers(0, 8), max_size=8), st.lists(st.integers(0, 8), min_size=1, max_size=12))
def test_keeps_exactly_the_others(held_out: list[int], training: list[int]) -> None:
    """The kept papers are those that a comparison of every pair keeps, in their order."""
    papers = small_papers(9)
    wanted = [papers[number] for number in training if number not in held_out]
    given_papers = [papers[number] for number in training]
    if not wanted:
        with pytest.raises(InvalidInputError, match="Nothing is left to train on"):
            without_held_out(given_papers, [papers[number] for number in held_out], "fake", strict=False)
        return
    assert without_held_out(given_papers, [papers[number] for number in held_out], "fake", strict=False) == wanted


def _leaking() -> FakeDataset:
    papers = small_papers(12)
    again = replace(papers[8], abstract=replace(papers[8].abstract, id="2101.00008v2", max_characters=1000))
    return FakeDataset({Split.TRAIN: [*papers[:8], again], Split.VALIDATION: papers[8:10], Split.TEST: papers[10:]})


def _read(*, strict: bool) -> Sequence[LabelledAbstract]:
    policy = SplitPolicy(SplitBy.SOURCE)
    splits = read_splits(
        _leaking(), policy, limit_samples=None, seed=0, on_bad_record=lambda record: None, strict=strict
    )
    return splits.train


def test_reading_leaves_held_out_papers_out_of_training(caplog: pytest.LogCaptureFixture) -> None:
    """A paper of validation is left out of training, and a warning counts and names it."""
    with caplog.at_level(logging.WARNING):
        assert _read(strict=False) == small_papers(8)
    assert "Of 9 training papers of fake, 1 is in validation or test as well (2101.00008v2)" in caplog.text


def test_strict_refuses_held_out_papers() -> None:
    """With `strict` no paper is left out without a word: the source is refused."""
    with pytest.raises(InvalidInputError, match="1 is in validation or test as well"):
        _read(strict=True)
