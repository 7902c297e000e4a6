"""Labels that break arXiv's rules whatever the paper says: missing twins, retired and unknown categories."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.filing_rules import with_twins
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import CategoryInfo, Taxonomy

_SUCCESSOR = re.compile(r"Continued as (\S+)\.$")


class Problem(StrEnum):
    """The kinds of problem."""

    MISSING_TWIN = "missing twin"
    RETIRED = "retired category"
    UNKNOWN = "unknown category"


@dataclass(frozen=True, slots=True)
class LabelProblem:
    """A problem of one category of the paper in `row`, what the paper's categories should be, and why.

    `suggested` is empty if no category is known to take the place of the paper's only one.
    """

    row: int
    kind: Problem
    category: Label
    suggested: tuple[Label, ...]
    reason: str


def label_problems(papers: Sequence[LabelledAbstract], every: Taxonomy) -> Iterator[LabelProblem]:
    """Yields the problems of papers in order. `every` has all categories of arXiv, with twins and retired ones."""
    for row, paper in enumerate(papers):
        for category in paper.categories:
            if category not in every:
                reason = f"arXiv has no category {category}."
                yield _problem(row, Problem.UNKNOWN, category, _without(paper.categories, category), reason)
                continue
            info = every.infos[every.column(category)]
            if info.retired is not None:
                yield _problem(row, Problem.RETIRED, category, _continued(paper, info, every), _retirement(paper, info))
            if info.alias is not None and info.alias not in paper.categories:
                reason = f"arXiv lists {info.alias} with every paper of {category}."
                closed = with_twins(paper.categories, every)
                yield _problem(row, Problem.MISSING_TWIN, info.alias, closed, reason)


def _problem(row: int, kind: Problem, category: Label, suggested: Iterable[Label], reason: str) -> LabelProblem:
    return LabelProblem(row, kind, category, tuple(suggested), reason)


def _without(categories: Iterable[Label], category: Label) -> Iterator[Label]:
    return (each for each in categories if each != category)


def _continued(paper: LabelledAbstract, info: CategoryInfo, every: Taxonomy) -> Iterable[Label]:
    """Returns the categories with the successor of a retired one in its place, if arXiv names one."""
    found = _SUCCESSOR.search(info.description)
    successor = [each for each in every if found is not None and each.identifier == found[1]]
    replaced = (other for each in paper.categories for other in (successor if each == info.category else [each]))
    return dict.fromkeys(replaced)


def _retirement(paper: LabelledAbstract, info: CategoryInfo) -> str:
    later = paper.month is not None and info.retired is not None and paper.month > info.retired
    filed = f" The paper is of {paper.month}." if later else ""
    return f"{info.category} was retired in {info.retired}.{filed} {info.description}".rstrip()
