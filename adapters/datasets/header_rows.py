"""Reads rows from a table whose first row names the columns, for CSV and spreadsheets."""

from collections.abc import Callable, Sequence
from operator import itemgetter

from adapters.datasets.columns import DATES, UPDATED, WEIGHT, Columns
from adapters.datasets.records import Row

_ABSENT = -1


def row_maker(header: Sequence[str], source: str, columns: Columns) -> Callable[[int, Sequence[object]], Row]:
    """Returns a function that makes a row from a line number and fields, as many as the header has.

    Raises InvalidInputError if the header lacks a required column, or names one twice.
    """
    places = columns.places(header)
    columns.refuse_repeated(header, source)
    if columns.missing(places) or not columns.has_kept(header):
        raise columns.refuse([name for name in header if name], source)
    date = next((name for name in DATES if name in places), "")
    wanted = ("id", "title", "abstract", "categories", date, UPDATED, WEIGHT)
    pick = itemgetter(*(header.index(places[name]) if name in places else _ABSENT for name in wanted))

    kept = [header.index(name) for name in columns.kept]

    def row_with_kept(line: int, fields: Sequence[object]) -> Row:
        return (line, *pick((*fields, None)), [fields[place] for place in kept])

    def row(line: int, fields: Sequence[object]) -> Row:
        return (line, *pick((*fields, None)))

    return row_with_kept if kept else row
