"""The types of columns that the output keeps from several parquet files."""

from collections.abc import Sequence
from typing import Any

from adapters.datasets.addresses import PaperFile, seekable
from adapters.datasets.formats import PARQUET, format_of


def kept_types(files: Sequence[PaperFile], format: str | None, kept: Sequence[str]) -> dict[str, Any]:
    """Returns the Arrow type of each kept column that parquet files have in several types.

    It holds the values of all: double for int64 and double, and any type for a column that is null in whole files.
    Types that have nothing in common give text.
    """
    tables = [file for file in files if (format or format_of(file)) == PARQUET]
    if not kept or len(tables) < 2:
        return {}
    import pyarrow as pa

    try:
        schemas = [_schema(file) for file in tables]
    except (OSError, pa.ArrowException):  # reading them says what is wrong
        return {}
    found = {name: [each.field(name).type for each in schemas if each.names.count(name) == 1] for name in kept}
    return {name: _common(types) for name, types in found.items() if len(set(types)) > 1}


def _schema(file: PaperFile) -> Any:
    import pyarrow.parquet as pq

    with seekable(file) as opened:
        return pq.read_schema(opened)


def _common(types: Sequence[Any]) -> Any:
    import pyarrow as pa

    try:
        schemas = [pa.schema([("kept", _plain(kind))]) for kind in types]
        return pa.unify_schemas(schemas, promote_options="permissive").field("kept").type
    except pa.ArrowException:
        return pa.string()


def _plain(kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.large_string() if pa.types.is_string_view(kind) else kind
