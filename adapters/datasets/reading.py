"""How the records of a source are read: the names of its columns, and what bounds texts and dates."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapters.datasets.columns import INDEXED, LABELLED, Columns
from adapters.datasets.records import Rows, labelled, to_index
from domain.abstract import MAX_CHARACTERS
from domain.labelled_abstract import LabelledAbstract
from domain.month import Clock, system_clock
from domain.ports.dataset import OnBadRecord
from domain.similar_paper import PaperToIndex


@dataclass(frozen=True, slots=True)
class Reading:
    """What the person who names a source says of it.

    `columns` are the names that the source has for columns, by the columns' own names; an unknown one is a
    ConfigurationError. `max_characters` bounds abstracts and titles; a date later than `now` is a bad record.
    """

    max_characters: int = MAX_CHARACTERS
    columns: Mapping[str, str] = field(default_factory=dict)
    now: Clock = system_clock

    def __post_init__(self) -> None:
        LABELLED.called(self.columns)

    @property
    def labelled(self) -> Columns:
        """The columns of labelled papers, as the source calls them."""
        return LABELLED.called(self.columns)

    @property
    def indexed(self) -> Columns:
        """The columns of papers to index, as the source calls them."""
        return INDEXED.called(self.columns)

    def papers(self, rows: Rows, source: str, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        """The labelled papers of rows, in order, with every malformed one handed to `on_bad_record`."""
        return labelled(rows, source, self.max_characters, on_bad_record, self.now)

    def to_index(self, rows: Rows, source: str, on_bad_record: OnBadRecord) -> Iterator[PaperToIndex]:
        """The papers of rows, which need no categories."""
        return to_index(rows, source, self.max_characters, on_bad_record, self.now)


# The columns are called as the program calls them.
AS_IT_IS = Reading()
