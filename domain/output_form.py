"""What predictions are written with, and how a parquet file arranges them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.kept_rows import KeptRows


class Layout(StrEnum):
    """How a parquet file arranges predictions."""

    LIST = "list"
    """One row per abstract, with a list of labels and probabilities."""
    ROWS = "rows"
    """One row per label of an abstract."""
    COLUMNS = "columns"
    """One row per abstract, with a column of float16 for each category of the model."""


@dataclass(frozen=True, slots=True)
class OutputForm:
    """The columns of an output. `layout` is that of parquet.

    `names` adds the name of each label, `primary` the most probable primary category, and `kept` columns of the input.
    """

    layout: Layout = Layout.LIST
    names: bool = False
    primary: bool = False
    kept: tuple[str, ...] = ()

    def changes(self) -> Mapping[str, object]:
        """Returns what differs from the usual form, in JSON's types."""
        found = {
            "layout": str(self.layout),
            "names": self.names,
            "primary": self.primary,
            "keep_columns": list(self.kept),
        }
        usual = {"layout": str(Layout.LIST), "names": False, "primary": False, "keep_columns": []}
        return {name: value for name, value in found.items() if value != usual[name]}


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the predictions of a batch: kept columns, and the primary category of each abstract.

    `primaries` holds columns of the taxonomy as integers of 4 bytes.
    """

    kept: KeptRows | None = None
    primaries: memoryview | None = None


PLAIN = OutputForm()
NOTHING_BESIDE = Beside()
