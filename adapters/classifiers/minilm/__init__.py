"""The kind `minilm`: all-MiniLM-L6-v2, a small sentence encoder (Wang et al. 2020, Reimers and Gurevych 2019)."""

from domain.ports.classifier import ClassifierFamily


def build() -> ClassifierFamily:
    """Returns the family of fine-tuned MiniLMs."""
    from adapters.classifiers.transformer.classifier import TransformerFamily

    preset = {
        "checkpoint": "sentence-transformers/all-MiniLM-L6-v2",
        "pooling": "mean",
        "title_join": "newline",
        "learning_rate": 3e-4,
        "head_learning_rate": 3e-3,
        "batch_size": 64,
    }
    return TransformerFamily("minilm", preset)
