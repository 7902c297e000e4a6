"""Messages on the composition of splits: the distance between them, and the categories that validation lacks."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from domain.taxonomy import Taxonomy
from entrypoints.cli.messages import say
from entrypoints.shares import arxiv_shares

if TYPE_CHECKING:
    from application.papers.composition import Comparison, Scarcity
    from application.papers.splitting import Splits

_NAMED = 8


def report_composition(splits: "Splits", taxonomy: Taxonomy) -> None:
    """Says in one line how far validation's primary categories are from training's and arXiv's, and what it lacks."""
    from application.papers.composition import PaperComposition, compared

    make_ups = {"train": PaperComposition.of(splits.train), "validation": PaperComposition.of(splits.validation)}
    found = compared(make_ups, arxiv_shares(), taxonomy)
    line = f"{_apart(found)}{_lacks(found.scarce[:_NAMED], len(found.scarce))}"
    _say(line, found, split="validation")


def warn_of_scarce(found: "Comparison", split: str) -> None:
    """Names every category that is nearly absent from a split."""
    if found.scarce:
        _say(f"WARNING:{_lacks(found.scarce, len(found.scarce), split)}", found, split=split)


def _say(line: str, found: "Comparison", *, split: str) -> None:
    names = [each.category for each in found.scarce]
    level = logging.WARNING if names else logging.INFO
    say(line, event="make_up_compared", level=level, split=split, scarce=names, distances=found.distances)


def _apart(found: "Comparison") -> str:
    of = found.distances.get("validation", {})
    named = {"train": "training's", "arXiv": "arXiv's own"}
    parts = [f"{named[other]} by {share:.0%}" for other, share in of.items() if other in named]
    return f"Primary categories of validation differ from {' and from '.join(parts)}." if parts else ""


def _lacks(shown: "Sequence[Scarcity]", count: int, split: str = "validation") -> str:
    if not count:
        return ""
    more = f" and {count - len(shown)} more, which `data stats` names" if count > len(shown) else ""
    return f" Nearly absent from {split}: {', '.join(map(str, shown))}{more}." + (
        " A model calibrated on it gives them too low probabilities." if split == "validation" else ""
    )
