"""Advice for every interface: reads categories from text, and writes advice as sentences and JSON."""

from collections.abc import Iterable, Sequence

from domain.advice import Advice, AdvisedCategory, Opinion, Verdict
from domain.category import Category
from domain.errors import InvalidInputError
from domain.label import Label
from entrypoints.taxonomies import all_categories

MOST_CHOSEN = 20
_VERDICTS = {
    Verdict.KEEP: "Keep {}",
    Verdict.ADD: "Add {}",
    Verdict.DROP: "Drop {}",
    Verdict.SWAP: "Make {} the primary category",
    Verdict.NO_OPINION: "No opinion on {}",
}


def chosen_categories(names: Iterable[str]) -> tuple[Label, ...]:
    """Returns the categories in texts, each with one or several names between spaces or commas, primary first.

    Raises InvalidInputError for a name that arXiv does not have, and for more than 20 names.
    """
    found = tuple(Category.parse(name) for text in names for name in text.replace(",", " ").split())
    if len(found) > MOST_CHOSEN:
        raise InvalidInputError(f"There are {len(found)} categories; a paper has at most {MOST_CHOSEN}. Send fewer.")
    known = all_categories()
    for category in found:
        known.column(category)
    return found


def sentence(advice: Advice) -> str:
    """Returns the advice in a sentence or two, such as `Primary: math.AP. Cross-list: math.FA.`"""
    if advice.primary is None:
        return "Probably outside the categories this model knows."
    told = f"Primary: {advice.primary.category}."
    others = ", ".join(str(each.category) for each in advice.cross_lists)
    return f"{told} Cross-list: {others}." if others else f"{told} No cross-list."


def opinion_line(opinion: Opinion) -> str:
    """Returns a verdict in a line, such as `Keep cs.LG (0.98). The text speaks for it.`"""
    said = _VERDICTS[opinion.verdict].format(opinion.category)
    probability = "" if opinion.probability is None else f" ({_shown(opinion.probability)})"
    return f"{said}{probability}. {opinion.reason}"


def _shown(probability: float) -> str:
    return f"{probability:.2f}" if probability >= 0.005 else "under 0.01"


def advice_json(advice: Advice) -> dict[str, object]:
    """Returns the advice as JSON-ready values, with probabilities of four decimals."""
    return {
        "primary": None if advice.primary is None else _category(advice.primary),
        "cross_lists": [_category(each) for each in advice.cross_lists],
        "outside": advice.outside,
        "outside_probability": round(advice.outside_probability, 4),
        "opinion": [_opinion(each) for each in advice.opinion],
        "warnings": list(advice.warnings),
        "answer": sentence(advice),
    }


def _category(advised: AdvisedCategory) -> dict[str, object]:
    return {
        "category": str(advised.category),
        "name": advised.name,
        "probability": round(advised.probability, 4),
        "reasons": list(advised.reasons),
        "papers": [
            {"id": each.paper.id, "title": each.paper.title, "categories": list(each.paper.categories)}
            for each in advised.papers
        ],
    }


def _opinion(opinion: Opinion) -> dict[str, object]:
    probability = None if opinion.probability is None else round(opinion.probability, 4)
    return {
        "category": str(opinion.category),
        "verdict": str(opinion.verdict),
        "probability": probability,
        "reason": opinion.reason,
    }


def advised_categories(advice: Advice) -> Sequence[AdvisedCategory]:
    """Returns the primary category and the cross-lists, in this order."""
    return advice.cross_lists if advice.primary is None else (advice.primary, *advice.cross_lists)
