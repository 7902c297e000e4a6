"""Which papers a model's probabilities hold for."""

from domain.model_bundle import ModelCard


def calibrated_for(card: ModelCard) -> str:
    """Returns in words which papers the probabilities were fitted to, or nothing if the model does not say."""
    fitted = card.data.get("validation")
    if not isinstance(fitted, dict) or not fitted.get("papers"):
        return ""
    source = card.data.get("calibration_source", card.data.get("source", "an unnamed source"))
    first, last = fitted.get("first_month"), fitted.get("last_month")
    months = f" from {first} to {last}" if first and last else ""
    return f"{fitted['papers']:,} validation papers of the source {source}{months}"
