"""The content of description.json, which tells the exported page about a model."""

from collections.abc import Mapping

from domain.label import Label, LabelSet
from domain.lifetime import Lifetime
from domain.model_bundle import ModelCard, StoredModel
from domain.month import FIRST_MONTH
from domain.prediction_warning import PredictionWarning


def described(
    stored: StoredModel, *, lifetimes: Mapping[Label, Lifetime], max_characters: int, fewest_words: int
) -> dict[str, object]:
    """Returns the description of a model as JSON-ready values.

    `categories` are in column order. `twin` is the column of a category's alias, or its own. `first` and `last` are the
    months of its lifetime, or None. `mixing[i][j]` times the logit of column j is added to that of column i.
    """
    card = stored.card
    return {
        "model": stored.name,
        "arxiv": card.taxonomy.label_set == LabelSet.ARXIV,
        "papers": _training_papers(card),
        "max_characters": max_characters,
        "fewest_words": fewest_words,
        "first_month": FIRST_MONTH,
        "warnings": {warning.value: warning.sentence for warning in PredictionWarning},
        "categories": _categories(card, lifetimes),
        "calibration": {
            "slopes": list(card.calibration.slopes),
            "intercepts": list(card.calibration.intercepts),
            "mixing": [list(row) for row in card.calibration.mixing],
        },
    }


def _training_papers(card: ModelCard) -> int | None:
    """Returns the number of training papers, or None if the card does not record it."""
    training = card.data.get("train")
    count = training.get("papers") if isinstance(training, Mapping) else training
    return count if isinstance(count, int) else None


def _categories(card: ModelCard, lifetimes: Mapping[Label, Lifetime]) -> list[dict[str, object]]:
    twins = {one: other for pair in card.taxonomy.alias_pairs() for one, other in (pair, pair[::-1])}
    cuts = card.thresholds.in_columns(card.taxonomy)
    found = []
    for column, info in enumerate(card.taxonomy.infos):
        life = lifetimes.get(info.category, Lifetime())
        found.append(
            {
                "label": str(info.category),
                "name": info.name,
                "description": info.description,
                "threshold": cuts[column],
                "twin": twins.get(column, column),
                "first": life.first,
                "last": life.last,
            }
        )
    return found
