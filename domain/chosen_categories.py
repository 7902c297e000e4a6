"""Which categories are given for several abstracts, most probable first."""

from dataclasses import dataclass

from domain.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class ChosenCategories:
    """The categories chosen for each of several abstracts, in three flat buffers; no object is made per number.

    Those of abstract i are at `offsets[i]` up to `offsets[i + 1]` of `columns` (the taxonomy's, integers) and of
    `probabilities` (float32), most probable first.
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
