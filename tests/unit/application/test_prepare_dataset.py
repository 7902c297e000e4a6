"""A source is written out in splits, or not at all."""

from dataclasses import replace

import pytest
from typing_extensions import override

from application.papers.splitting import SplitBy, SplitPolicy
from application.prepare_dataset import PrepareCommand, PrepareDataset
from domain.abstract import Abstract
from domain.errors import ArxivClassifierError, InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import BadRecord, Split
from domain.ports.paper_writer import PaperWriter
from tests.examples import small_papers
from tests.fakes.dataset import FakeDataset, Record


class _Writer(PaperWriter):
    """Keeps papers in memory; `room` is how many it takes before its disk is full."""

    def __init__(self, room: int = 1000) -> None:
        self.papers: dict[Split, list[LabelledAbstract]] = {split: [] for split in Split}
        self.end = "open"
        self._room = room

    @override
    def begin(self) -> None:
        self.end = "begun"

    @override
    def add(self, split: Split, paper: LabelledAbstract) -> None:
        self._room -= 1
        if self._room < 0:
            raise ArxivClassifierError("full")
        assert self.end == "begun"
        self.papers[split].append(paper)

    @override
    def finish(self) -> None:
        self.end = "finished"

    @override
    def discard(self) -> None:
        self.end = "discarded"


def _prepare(records: list[Record], writer: _Writer, command: PrepareCommand) -> dict[Split, int]:
    return PrepareDataset(FakeDataset(records), writer)(command, lambda record: None)


def test_writes_every_paper_once() -> None:
    """Every paper goes to one split, in the source's order, and the counts are given."""
    writer = _Writer()
    counts = _prepare([*small_papers(48), BadRecord("fake", 49, "blank")], writer, PrepareCommand(SplitPolicy()))
    assert writer.end == "finished"
    assert counts == {Split.TRAIN: 40, Split.VALIDATION: 4, Split.TEST: 4}
    assert {split: len(papers) for split, papers in writer.papers.items()} == counts
    assert writer.papers[Split.TEST] == [paper for paper in small_papers(48) if paper.month == "2021-12"]


def test_writes_a_sample() -> None:
    """With a limit, each split has at most that number of papers, drawn by the seed."""
    writer = _Writer()
    assert _prepare(list(small_papers(48)), writer, PrepareCommand(SplitPolicy(), limit_samples=3)) == dict.fromkeys(
        Split, 3
    )
    other = _Writer()
    _prepare(list(small_papers(48)), other, PrepareCommand(SplitPolicy(), limit_samples=3, seed=5))
    assert writer.papers != other.papers


def _leaky() -> list[LabelledAbstract]:
    """Papers by month; the text of the first one, of training, is in test too."""
    papers = sorted(small_papers(48), key=lambda paper: paper.month or "")
    first = papers[0]
    copied = replace(papers[-1], abstract=Abstract(first.abstract.text, id="another", month=papers[-1].month))
    return [*papers, copied]


@pytest.mark.parametrize("by", ["time", "source"])
@pytest.mark.parametrize("limit", [None, 100])
def test_no_paper_is_both_trained_on_and_tested(by: str, limit: int | None, caplog: pytest.LogCaptureFixture) -> None:
    """A training paper whose text is in test is left out, which is said with the count. The others are kept."""
    papers, writer = _leaky(), _Writer()
    own = {Split.TRAIN: papers[:40], Split.VALIDATION: papers[40:44], Split.TEST: papers[44:]}
    dataset = FakeDataset(papers) if by == "time" else FakeDataset(own)
    counts = PrepareDataset(dataset, writer)(PrepareCommand(SplitPolicy(by), limit), lambda record: None)
    assert counts == {Split.TRAIN: 39, Split.VALIDATION: 4, Split.TEST: 5}
    assert writer.papers == {Split.TRAIN: papers[1:40], Split.VALIDATION: papers[40:44], Split.TEST: papers[44:]}
    assert "Of 40 training papers of fake, 1 is in validation or test as well" in caplog.text


@pytest.mark.parametrize("limit", [None, 100])
def test_strict_refuses_what_is_in_both(limit: int | None) -> None:
    """With strict, such a paper ends the command with a sentence, and nothing is written."""
    writer = _Writer()
    with pytest.raises(InvalidInputError, match="Of 40 training papers of fake, 1 is in validation or test as well"):
        _prepare(list(_leaky()), writer, PrepareCommand(SplitPolicy(), limit, strict=True))
    assert writer.end == "discarded"


@pytest.mark.parametrize(
    ("records", "policy", "room"),
    [
        (small_papers(48), SplitPolicy(), 20),
        (small_papers(48), SplitPolicy(SplitBy.SOURCE), 1000),
        (small_papers(2), SplitPolicy(SplitBy.HASH), 1000),
    ],
    ids=["full disk", "no splits", "empty split"],
)
def test_discards_what_failed(records: list[Record], policy: SplitPolicy, room: int) -> None:
    """If writing, splitting or a split fails, nothing of it stays."""
    writer = _Writer(room)
    with pytest.raises(ArxivClassifierError):
        _prepare(records, writer, PrepareCommand(policy))
    assert writer.end == "discarded"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, InvalidInputError])
def test_discards_what_was_stopped(error: type[BaseException]) -> None:
    """An interruption, a kill that Python sees and a strict stop leave nothing."""
    writer = _Writer()

    def stop(record: BadRecord) -> None:
        raise error

    dataset = FakeDataset([*small_papers(48), BadRecord("fake", 49, "blank")])
    with pytest.raises(error):
        PrepareDataset(dataset, writer)(PrepareCommand(SplitPolicy()), stop)
    assert writer.end == "discarded"
