"""The kind `specter`: SciBERT trained on citations, which reads `title [SEP] abstract` (Cohan et al. 2020)."""

from domain.ports.classifier import ClassifierFamily


def build() -> ClassifierFamily:
    """Returns the family of fine-tuned SPECTERs."""
    from adapters.classifiers.transformer.classifier import TransformerFamily

    preset = {
        "checkpoint": "allenai/specter",
        "pooling": "cls",
        "title_join": "sep",
        "learning_rate": 3e-5,
    }
    return TransformerFamily("specter", preset)
