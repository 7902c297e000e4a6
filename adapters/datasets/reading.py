"""The settings for reading a source: names of columns, label set, separator, and limits of texts and dates."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from adapters.datasets.columns import INDEXED, LABELLED, Columns
from adapters.datasets.label_form import AUTO, LOOKED_AT, SEPARATORS, LabelForm, find_form, read_separator
from adapters.datasets.records import Rows, labelled, to_index
from domain.abstract import MAX_CHARACTERS
from domain.errors import ConfigurationError
from domain.label import LabelSet
from domain.labelled_abstract import LabelledAbstract
from domain.log_events import log_event
from domain.month import Clock, system_clock
from domain.ports.dataset import BadRecord, OnBadRecord
from domain.similar_paper import PaperToIndex

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """The user's settings for a source.

    `columns` maps columns to their names in the source. Raises ConfigurationError for an unknown column.
    `max_characters` limits abstracts and titles. A record with a date after `now` is bad.
    `label_set` is arxiv, own, or auto, which checks whether labels are among `known`, arXiv's categories. `separator`
    separates own labels in a cell. None detects it.
    """

    max_characters: int = MAX_CHARACTERS
    columns: Mapping[str, str] = field(default_factory=dict)
    now: Clock = system_clock
    label_set: str = LabelSet.ARXIV
    separator: str | None = None
    known: Collection[str] = frozenset()
    told: set[object] = field(default_factory=set, compare=False, repr=False)

    def __post_init__(self) -> None:
        LABELLED.called(self.columns)
        if self.separator is not None:
            read_separator(self.separator)
        if self.label_set not in (AUTO, *LabelSet):
            raise ConfigurationError(
                f"There is no label set {self.label_set!r}. Known are {', '.join((AUTO, *LabelSet))}."
            )

    @property
    def labelled(self) -> Columns:
        """The columns of labelled papers, with the source's names."""
        return LABELLED.called(self.columns, self.told)

    @property
    def indexed(self) -> Columns:
        """The columns of papers to index, with the source's names."""
        return INDEXED.called(self.columns, self.told)

    def reader(self, source: str, rows: Callable[[], Rows]) -> "Reader":
        """Returns a reader of a source's papers. `rows` returns the source's rows from the beginning."""
        return Reader(self, source, rows)


class Reader:
    """Makes papers from rows. The form of labels is found from the source's first 1,000 rows."""

    def __init__(self, reading: Reading, source: str, rows: Callable[[], Rows]) -> None:
        self._reading = reading
        self._source = source
        self._rows = rows
        self._form: LabelForm | None = None

    def papers(self, rows: Rows, source: str, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        """Yields the labelled papers of rows in order. Malformed rows go to `on_bad_record`."""
        how, form = self._reading, self._found()
        yield from labelled(rows, source, how.max_characters, on_bad_record, how.now, form=form)

    def to_index(self, rows: Rows, source: str, on_bad_record: OnBadRecord) -> Iterator[PaperToIndex]:
        """Yields the papers of rows, which need no categories."""
        how, form = self._reading, self._found()
        yield from to_index(rows, source, how.max_characters, on_bad_record, how.now, form=form)

    def _found(self) -> LabelForm:
        if self._form is None:
            how = self._reading
            first: list[object] = []
            if how.label_set != LabelSet.ARXIV:
                first = [row[4] for row in islice(self._rows(), LOOKED_AT) if not isinstance(row, BadRecord)]
            self._form = find_form(first, how.known, how.label_set, how.separator)
            if self._form.label_set == LabelSet.OWN:
                _tell(self._source, self._form)
        return self._form


def _tell(source: str, form: LabelForm) -> None:
    between = f"{SEPARATORS[form.separator]} between them" if form.separator else "one label or a list per cell"
    log_event(
        _logger,
        "labels_found",
        f"The labels of {source} are not categories of arXiv. They are read with {between}. If "
        "that is wrong, set --separator.",
        source=source,
        separator=form.separator,
    )


# Columns have the program's names, and labels are arXiv's.
AS_IT_IS = Reading()
