"""The categories chosen for several abstracts, most probable first."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from domain.label import Label
from domain.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class ChosenCategories:
    """The categories chosen for each of several abstracts, in three flat buffers.

    The categories of abstract i are `columns[offsets[i]:offsets[i + 1]]`, most probable first. `columns` holds columns
    of the taxonomy (integers) and `probabilities` (float32) has the same positions.
    """

    taxonomy: Taxonomy
    offsets: memoryview
    columns: memoryview
    probabilities: memoryview

    def __post_init__(self) -> None:
        total = self.offsets[len(self.offsets) - 1]
        if not total == len(self.columns) == len(self.probabilities):
            raise ValueError(f"{total} announced, {len(self.columns)} columns, {len(self.probabilities)} probabilities")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def by_abstract(self) -> Iterator[list[Label]]:
        """The categories of each abstract, most probable first."""
        categories, columns = self.taxonomy.categories, self.columns.tolist()
        for start, end in pairwise(self.offsets.tolist()):
            yield [categories[column] for column in columns[start:end]]
