"""Weighs papers so that they represent a population with other shares of primary categories."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence

from application.papers.splitting import Splits
from domain.category import Category
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.paper_columns import chosen, own_weights, primaries_with_weights, weighed_by

_NAMED = 5
Papers = Sequence[LabelledAbstract]


def reweighted(papers: Sequence[LabelledAbstract], shares: Mapping[str, float], what: str) -> Papers:
    """Returns the papers with weights of mean 1, with which each primary category has its given share.

    A paper's own weight counts within its category. Shares of categories without papers are ignored.
    Raises InvalidInputError if the shares lack a paper's primary category, or if all papers would have weight 0.
    """
    held: Counter[str] = Counter()
    for primary, weight in primaries_with_weights(papers):
        held[primary.identifier] += weight  # type: ignore[assignment]  # a Counter sums floats as well
    _refuse_missing(held, shares, papers, what)
    factors = {name: shares[name] / weight if weight else 0.0 for name, weight in held.items()}
    total = sum(factors[name] * weight for name, weight in held.items())
    if not total:
        raise InvalidInputError(f"The shares leave no {what} paper any weight. Give a category that they have a share.")
    mean = total / len(papers)
    weights = (weight * factors[primary.identifier] / mean for primary, weight in primaries_with_weights(papers))
    return weighed_by(papers, array("d", weights))


def weighed(splits: Splits, shares: Mapping[str, float] | None, source: str) -> Splits:
    """Returns the splits weighted by the shares, if given, without training papers of weight 0.

    Raises InvalidInputError if all papers of a split have the weight 0.
    """
    names = ("training", "validation", "test")
    parts: tuple[Papers, ...] = (splits.train, splits.validation, splits.test)
    if shares is not None:
        parts = tuple(reweighted(part, shares, name) for part, name in zip(parts, names, strict=True))
    for part, name in zip(parts, names, strict=True):
        if not any(own_weights(part)):
            raise InvalidInputError(f"All {name} papers of {source} have the weight 0. Give some a greater one.")
    return Splits(_of_some_weight(parts[0]), list(parts[1]), list(parts[2]))


def _of_some_weight(papers: Papers) -> Papers:
    rows = array("q", (row for row, weight in enumerate(own_weights(papers)) if weight))
    return papers if len(rows) == len(papers) else chosen(papers, rows)


def _refuse_missing(
    held: Mapping[str, float], shares: Mapping[str, float], papers: Sequence[LabelledAbstract], what: str
) -> None:
    missing = [name for name in held if name not in shares]
    if missing and not any(isinstance(primary, Category) for primary, _ in primaries_with_weights(papers)):
        raise InvalidInputError(
            f"The {what} papers have labels of their own, such as {missing[0]}, and shares are of arXiv's categories. "
            "Weigh such papers with a column weight."
        )
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        count = sum(primary.identifier in missing for primary, _ in primaries_with_weights(papers))
        raise InvalidInputError(
            f"The shares lack {', '.join(missing[:_NAMED])}{more}, primary category of {count:,} {what} papers. Add a "
            "share for it, or 0 to leave its papers out."
        )
