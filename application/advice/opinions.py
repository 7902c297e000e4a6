"""Verdicts on the categories that the authors of a paper chose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.advice.composition import Composition
from domain.advice import Opinion, Verdict
from domain.advice_fit import AdviceThresholds
from domain.filing_rules import filed_as, with_twins
from domain.label import Label
from domain.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Known:
    """A model's probabilities for the paper. `unsure` means that it knows too few of the words."""

    taxonomy: Taxonomy
    probabilities: Mapping[Label, float]
    composition: Composition
    thresholds: AdviceThresholds
    unsure: bool


def opinions(chosen: Sequence[Label], known: Known) -> tuple[Opinion, ...]:
    """Returns a verdict on each chosen category, in their order, and on those that should be added or come first.

    There is no opinion on anything where the paper is outside the model or its words are unknown, and none on a
    category that the model lacks.
    """
    listed = tuple(dict.fromkeys(chosen))
    if known.unsure or known.composition.outside:
        reason = "The model knows too few of the words." if known.unsure else "The paper is probably outside the model."
        return tuple(Opinion(each, Verdict.NO_OPINION, known.probabilities.get(each), reason) for each in listed)
    swap = _swap(listed, known)
    own = tuple(_of_chosen(each, known) for each in listed if swap is None or each != swap.category)
    kept = [each.category for each in own if each.verdict != Verdict.DROP]
    return (*((swap,) if swap else ()), *own, *_missing(listed, kept, known, swap))


def _of_chosen(category: Label, known: Known) -> Opinion:
    if category not in known.taxonomy:
        return Opinion(category, Verdict.NO_OPINION, None, "The model does not know this category.")
    probability, cut = known.probabilities[category], known.thresholds
    if (retired := known.taxonomy.infos[known.taxonomy.column(category)].retired) is not None:
        return Opinion(category, Verdict.DROP, probability, f"arXiv retired this category in {retired}.")
    if probability >= cut.cross_list:
        return Opinion(category, Verdict.KEEP, probability, "The text speaks for it.")
    if probability < cut.drop:
        return Opinion(category, Verdict.DROP, probability, "Hardly any paper with such a text has it.")
    return Opinion(category, Verdict.NO_OPINION, probability, "The text speaks neither for it nor against it.")


def _swap(chosen: Sequence[Label], known: Known) -> Opinion | None:
    """Returns the opinion that another category should come first, or None."""
    found = known.composition.primary_probabilities
    first, best = filed_as(chosen[0]), known.composition.primary
    if first not in found or first == best or found[best] < known.thresholds.swap * found[first]:
        return None
    reason = f"As the primary category it is {_times(found[best], found[first])} as probable as {chosen[0]}."
    return Opinion(best, Verdict.SWAP, found[best], reason)


def _times(greater: float, smaller: float) -> str:
    factor = greater / smaller if smaller > 0 else float("inf")
    return f"{factor:.0f} times" if factor < 1000 else "over 1,000 times"


def _missing(chosen: Sequence[Label], kept: Sequence[Label], known: Known, swap: Opinion | None) -> tuple[Opinion, ...]:
    """Returns what should be added: the twins of categories that stay, and advised ones that are probable enough."""
    advised = known.composition
    first = (swap.category,) if swap else ()
    told = {*chosen, *first}
    added = []
    for own in (*first, *kept):
        for twin in set(with_twins([own], known.taxonomy)) - told:
            reason = f"arXiv lists it together with {own}."
            added.append(Opinion(twin, Verdict.ADD, known.probabilities.get(twin), reason))
    told |= {each.category for each in added}
    for category in (advised.primary, *advised.cross_lists):
        probability = known.probabilities.get(category, 0.0)
        if category not in told and probability >= known.thresholds.add:
            added.append(Opinion(category, Verdict.ADD, probability, "The text speaks for it."))
    return tuple(added)
