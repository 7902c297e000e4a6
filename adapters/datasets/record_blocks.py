"""Some records of a text file as a record batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Records, one a line, the first on the line `line`. `places` are the columns' names in the batch."""

    batch: "pa.RecordBatch"
    places: Mapping[str, str]
    line: int
