"""Categories that arXiv always lists together, as one row."""

from collections.abc import Sequence
from dataclasses import replace

from domain.category import Category
from domain.filing_rules import filed_as
from entrypoints.demo.backend import CategoryRow


def merged(rows: Sequence[CategoryRow]) -> list[CategoryRow]:
    """Returns the rows, most probable first, with twins such as cs.IT and math.IT in one row.

    The row has the probability of the more probable twin and the name of the category that a paper is filed under.
    `alias` is the other one. A row whose twin the model lacks has no alias.
    """
    by_label = {row.label: row for row in rows}
    found: dict[str, CategoryRow] = {}
    for row in rows:
        twin = by_label.get(row.alias)
        if twin is None:
            found[row.label] = replace(row, alias="")
        elif twin.label not in found and row.label not in found:
            standing, other = (row, twin) if _stands(row.label) else (twin, row)
            one = replace(row, label=standing.label, name=standing.name, alias=other.label)
            found[row.label] = replace(one, description=standing.description)
    return list(found.values())


def _stands(label: str) -> bool:
    return str(filed_as(Category.parse(label))) == label
