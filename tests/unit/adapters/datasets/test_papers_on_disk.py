"""Papers of which the texts lie on disk, against the same papers in memory."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.datasets import papers_on_disk as module
from adapters.datasets.papers_on_disk import papers_on_disk
from application.papers.composition import PaperComposition
from application.papers.label_checks import most_frequent
from application.papers.population import weighed
from application.papers.splitting import SplitBy, SplitPolicy, read_splits
from application.runs.final_report import described_papers
from domain.abstract import Abstract
from domain.errors import ArxivClassifierError
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract
from domain.paper_columns import KeepPapers, categories_of, chosen, months_of, own_weights, weighed_by
from domain.ports.dataset import Split
from tests.examples import small_papers, small_taxonomy
from tests.fakes.dataset import FakeDataset
from tests.strategies import examples, labelled_abstracts

TAXONOMY = small_taxonomy()
SHARES = {str(category): 0.1 + number for number, category in enumerate(TAXONOMY.categories)}


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[KeepPapers]:
    """Keeps papers in the temporary folder."""
    with papers_on_disk(tmp_path / "texts") as found:
        yield found


def varied_papers(count: int) -> list[LabelledAbstract]:
    """Papers with and without months, and with weights, of which some are 0."""
    papers = small_papers(count)
    return [
        replace(
            paper,
            abstract=replace(
                paper.abstract, month=None if row % 7 == 0 else f"2020-{row % 5 + 1:02}", max_characters=1000
            ),
            weight=float(row % 4),
        )
        for row, paper in enumerate(papers)
    ]


@examples(60)
@given(st.lists(labelled_abstracts(TAXONOMY), max_size=8), st.data())
def test_papers_come_back_as_they_were(papers: list[LabelledAbstract], data: st.DataObject) -> None:
    """All papers, each one, every slice and every choice are those that were given."""
    with TemporaryDirectory() as folder, papers_on_disk(Path(folder) / "texts") as keep:
        kept = keep(iter(papers))
        assert list(kept) == papers
        assert [kept[row] for row in range(len(kept))] == papers
        start, stop = data.draw(st.integers(-9, 9)), data.draw(st.integers(-9, 9))
        assert list(kept[start:stop]) == papers[start:stop]
        rows = data.draw(st.lists(st.integers(0, len(papers) - 1))) if papers else []
        assert list(chosen(kept, rows)) == chosen(papers, rows)
        assert list(months_of(kept)) == list(months_of(papers))
        assert list(categories_of(kept)) == list(categories_of(papers))


def test_letters_of_all_alphabets_labels_of_ones_own_and_missing_fields_are_kept(keep: KeepPapers) -> None:
    """Neither the bytes of a letter nor an empty title or id matter."""
    papers = [
        LabelledAbstract(Abstract("Schrödinger 量子 \x00 🔬", "Tïtle", "id é"), (Label("a; b"), Label("ü"))),
        LabelledAbstract(Abstract("x" * 30_000, "", "", max_characters=30_000), (Label("ü"),), weight=0.1),
        LabelledAbstract(Abstract(" spaces ", None, None, month="1991-07"), (Label("ü"),), weight=1e12),
    ]
    assert list(keep(papers)) == papers


def test_released_memory_is_read_again(keep: KeepPapers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers are the same when their memory is given back after each."""
    monkeypatch.setattr(module, "_RELEASED_AFTER", 0)
    papers = small_papers(30)
    kept = keep(papers)
    assert [*kept, *kept] == [*papers, *papers]


def test_weights_change_for_some_papers_alone(keep: KeepPapers) -> None:
    """New weights belong to the chosen papers, and the papers that they were chosen from keep theirs."""
    papers = varied_papers(12)
    every = keep(papers)
    some = weighed_by(chosen(every, [7, 2]), [0.5, 3.0])
    assert list(some) == [replace(papers[7], weight=0.5), replace(papers[2], weight=3.0)]
    assert list(own_weights(some)) == [0.5, 3.0]
    assert list(every) == papers


@pytest.mark.parametrize("by", [SplitBy.TIME, SplitBy.HASH, SplitBy.SOURCE])
@pytest.mark.parametrize("shares", [None, SHARES])
def test_splits_are_those_of_papers_in_memory(by: SplitBy, shares: dict[str, float] | None, keep: KeepPapers) -> None:
    """Splits, papers left out, weights, counts of labels and months do not depend on where papers are kept."""
    papers = varied_papers(120)
    papers += [
        replace(paper, abstract=replace(paper.abstract, month="2020-01", max_characters=1000)) for paper in papers
    ]
    own = {Split.TRAIN: papers, Split.VALIDATION: papers[:20], Split.TEST: papers[20:40]}
    dataset = FakeDataset(own if by == SplitBy.SOURCE else papers)

    def read(how: KeepPapers) -> tuple[object, ...]:
        splits = read_splits(
            dataset, SplitPolicy(by), limit_samples=None, seed=0, on_bad_record=lambda record: None, keep=how
        )
        splits = weighed(splits, shares, "test")
        return (
            list(splits.train),
            splits.validation,
            splits.test,
            described_papers(splits.train),
            PaperComposition.of(splits.train),
            most_frequent(splits.train, splits.test, TAXONOMY),
        )

    assert read(keep) == read(list)


def test_the_folder_is_gone_at_the_end(tmp_path: Path) -> None:
    """Texts of a killed training are removed at first, and those of one that fails at the end."""
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "old").write_bytes(b"1")
    with pytest.raises(KeyError), papers_on_disk(folder) as keep:
        keep(small_papers(3))
        assert [path.name for path in folder.iterdir()] == ["texts"]
        raise KeyError
    assert not folder.exists()


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    """A write that fails ends with the folder and the option, here of a file that may not reach 1,060,636 bytes."""
    resource = pytest.importorskip("resource", reason="limits of files are those of POSIX")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    long = [LabelledAbstract(Abstract("x" * 20_000), (Label("a"),))] * 100
    with papers_on_disk(tmp_path / "texts") as keep:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_059_000, limits[1]))
        try:
            with pytest.raises(ArxivClassifierError, match=r"texts: File too large\. Free space there, or .* --output"):
                keep(long)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """An error of the system names the folder, its reason and the option."""
    (tmp_path / "file").write_bytes(b"")
    with (
        papers_on_disk(tmp_path / "file" / "texts") as keep,
        pytest.raises(ArxivClassifierError, match=r"texts: Not a directory\. Free space there, or .* --output"),
    ):
        keep(small_papers(1))
