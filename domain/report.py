"""A report for people: sections of text, tables and figures, independent of its format."""

from dataclasses import dataclass

from domain.charts import Table
from domain.figures import Figure


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A table with its caption. A `folded` one is shown when the reader opens it."""

    table: Table
    caption: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures that stand side by side if there is space."""

    figures: tuple[Figure, ...]


Block = Text | Listing | Figures


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A title, a sentence on what was examined, sections, and the names of files that lie beside the report."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    files: tuple[str, ...] = ()

    def figures(self) -> tuple[Figure, ...]:
        """Returns all figures in order."""
        blocks = [block for section in self.sections for block in section.blocks]
        return tuple(figure for block in blocks if isinstance(block, Figures) for figure in block.figures)
