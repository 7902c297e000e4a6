"""Reads abstracts out of tables and records that a program holds in memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from adapters.datasets.columns import UNLABELLED, Columns
from adapters.datasets.json_lines import Forms, row_of
from adapters.datasets.records import Rows, unlabelled
from domain.abstract import MAX_CHARACTERS, Abstract
from domain.errors import InvalidInputError
from domain.month import Clock, system_clock
from domain.ports.dataset import BadRecord, OnBadRecord

SOURCE = "papers"


def abstracts_in_memory(
    papers: object,
    max_characters: int = MAX_CHARACTERS,
    on_bad_record: OnBadRecord = lambda record: None,
    *,
    named: Mapping[str, str] | None = None,
    now: Clock = system_clock,
) -> Iterator[Abstract]:
    """The abstracts of a pandas data frame, of whatever gives Arrow data, or of a sequence of mappings, in its order.

    The columns are those of files, and `named` says what the source calls them. Rows count from 1. A malformed one is
    handed to `on_bad_record` and left out. Raises InvalidInputError where there is no column `abstract`, or where the
    papers are of another type.
    """
    columns = UNLABELLED.called(named or {})
    return unlabelled(_rows(papers, columns), SOURCE, max_characters, on_bad_record, now)


def _rows(papers: Any, columns: Columns) -> Rows:
    if type(papers).__module__.partition(".")[0] == "pandas" and hasattr(papers, "columns"):
        return _rows_of_table(_of_pandas(papers, columns), columns)
    if hasattr(papers, "__arrow_c_stream__"):
        import pyarrow as pa

        return _rows_of_table(pa.table(papers), columns)
    if isinstance(papers, Sequence) and all(isinstance(paper, Mapping) for paper in papers):
        return _rows_of_mappings(papers, columns)
    raise InvalidInputError(
        f"Papers of type {type(papers).__name__} cannot be read. Give a text, a list of texts, a list of dictionaries, "
        "a pandas data frame or an Arrow table."
    )


def _of_pandas(frame: Any, columns: Columns) -> Any:
    """The wanted columns alone as an Arrow table: others may hold what Arrow cannot."""
    import pyarrow as pa

    names = [name for name in frame.columns if isinstance(name, str)]
    places = columns.places(names)
    if columns.missing(places):
        raise columns.refuse(map(str, frame.columns), SOURCE)
    wanted = frame[list(dict.fromkeys(places.values()))]
    try:
        return pa.Table.from_pandas(wanted, preserve_index=False)
    except pa.ArrowException as error:
        raise InvalidInputError(f"The data frame cannot be read: {error}") from error


def _rows_of_table(table: Any, columns: Columns) -> Rows:
    from adapters.datasets import arrow_rows

    places = arrow_rows.readable_places(table.schema, columns, SOURCE)
    wanted = table.select(list(dict.fromkeys(places.values())))
    return arrow_rows.rows(wanted.to_batches(max_chunksize=arrow_rows.BATCH_ROWS), places)


def _rows_of_mappings(papers: Iterable[Mapping[str, object]], columns: Columns) -> Rows:
    forms = Forms(columns)
    for number, paper in enumerate(papers, start=1):
        places = forms.places(paper)
        if places is None:
            fields = ", ".join(map(str, paper)) or "(none)"
            yield BadRecord(SOURCE, number, f"It has only the fields {fields}; wanted is abstract.")
        else:
            yield row_of(number, paper, places)
