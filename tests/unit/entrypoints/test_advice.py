"""How advice is read and told."""

import pytest

from domain.advice import Advice, AdvisedCategory, Opinion, Verdict
from domain.category import Category
from domain.errors import InvalidInputError
from entrypoints.advice import advice_json, chosen_categories, opinion_line, sentence

AP, FA = Category("math.AP"), Category("math.FA")
ADVICE = Advice(
    AdvisedCategory(AP, "Analysis of PDEs", 0.71234, ("elliptic",)),
    (AdvisedCategory(FA, "Functional Analysis", 0.4),),
    outside=False,
    outside_probability=0.01,
    opinion=(Opinion(FA, Verdict.KEEP, 0.4, "The text speaks for it."),),
)
OUTSIDE = Advice(None, (), outside=True, outside_probability=0.8)


def test_the_answer_is_a_sentence() -> None:
    """Primary and cross-lists are named, or it is said that the paper is outside."""
    assert sentence(ADVICE) == "Primary: math.AP. Cross-list: math.FA."
    assert sentence(Advice(ADVICE.primary, (), outside=False, outside_probability=0)) == (
        "Primary: math.AP. No cross-list."
    )
    assert sentence(OUTSIDE) == "Probably outside the categories this model knows."


def test_json_has_the_documented_form() -> None:
    """Primary, cross-lists, outside and opinion are there, with probabilities of four decimals."""
    found = advice_json(ADVICE)
    assert found["primary"] == {
        "category": "math.AP",
        "name": "Analysis of PDEs",
        "probability": 0.7123,
        "reasons": ["elliptic"],
        "papers": [],
    }
    assert found["opinion"] == [
        {"category": "math.FA", "verdict": "keep", "probability": 0.4, "reason": "The text speaks for it."}
    ]
    assert found["outside"] is False
    assert advice_json(OUTSIDE)["primary"] is None


def test_chosen_categories_stand_between_spaces_or_commas() -> None:
    """Names are read in their order. One that arXiv lacks is an error that names the nearest."""
    assert chosen_categories(["cs.LG, stat.ML", "math.MP"]) == tuple(
        map(Category.parse, ("cs.LG", "stat.ML", "math.MP"))
    )
    with pytest.raises(InvalidInputError, match=r"no cs\.LC"):
        chosen_categories(["cs.LC"])
    with pytest.raises(InvalidInputError, match="at most 20"):
        chosen_categories(["cs.LG"] * 21)


def test_a_verdict_is_a_line() -> None:
    """A verdict names category, probability and reason. Very small probabilities are shown as such."""
    assert opinion_line(ADVICE.opinion[0]) == "Keep math.FA (0.40). The text speaks for it."
    assert opinion_line(Opinion(AP, Verdict.SWAP, 0.001, "So.")) == (
        "Make math.AP the primary category (under 0.01). So."
    )
    assert opinion_line(Opinion(AP, Verdict.NO_OPINION, None, "So.")) == "No opinion on math.AP. So."
