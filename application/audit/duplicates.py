"""Near-duplicates among the papers of a source, within its splits and across them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.labelled_abstract import LabelledAbstract
from domain.ports.near_duplicates import NearDuplicate, NearDuplicates


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The pairs of papers whose abstracts are nearly the same, the most similar first.

    `papers` counts those in at least one pair, and `groups` the sets that pairs connect. `within` counts pairs by
    split, and `across` by two splits in the order of the source. `different_labels` counts the pairs whose categories
    differ.
    """

    pairs: tuple[NearDuplicate, ...] = ()
    papers: int = 0
    groups: int = 0
    within: Mapping[str, int] = field(default_factory=dict)
    across: Mapping[tuple[str, str], int] = field(default_factory=dict)
    different_labels: int = 0


def find_duplicates(papers: Sequence[LabelledAbstract], splits: Sequence[str], index: NearDuplicates) -> Duplicates:
    """Returns the near-duplicates among papers by their abstracts. `splits` has the split of each paper."""
    for paper in papers:
        index.add(paper.abstract.text)
    pairs = tuple(index.pairs())
    where = Counter((splits[pair.first], splits[pair.second]) for pair in pairs)
    roots = group_numbers(len(papers), pairs)
    connected = {row for pair in pairs for row in (pair.first, pair.second)}
    return Duplicates(
        pairs,
        papers=len(connected),
        groups=len({roots[row] for row in connected}),
        within={first: count for (first, second), count in where.items() if first == second},
        across={names: count for names, count in where.items() if names[0] != names[1]},
        different_labels=sum(not same_labels(papers, pair) for pair in pairs),
    )


def same_labels(papers: Sequence[LabelledAbstract], pair: NearDuplicate) -> bool:
    """Returns whether both papers of a pair have the same categories, in any order."""
    return set(papers[pair.first].categories) == set(papers[pair.second].categories)


def group_numbers(papers: int, pairs: Sequence[NearDuplicate]) -> list[int]:
    """Returns a number for each paper that is the same for papers that pairs connect, directly or through others."""
    parents = list(range(papers))

    def root(row: int) -> int:
        while parents[row] != row:
            parents[row] = row = parents[parents[row]]
        return row

    for pair in pairs:
        first, second = sorted((root(pair.first), root(pair.second)))
        parents[second] = first
    return [root(row) for row in range(papers)]
