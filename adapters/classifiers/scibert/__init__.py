"""The kind `scibert`: BERT pretrained on scientific papers, read through its pooler (Beltagy et al. 2019)."""

from domain.ports.classifier import ClassifierFamily


def build() -> ClassifierFamily:
    """Returns the family of fine-tuned SciBERTs."""
    from adapters.classifiers.transformer.classifier import TransformerFamily

    preset = {
        "checkpoint": "allenai/scibert_scivocab_uncased",
        "pooling": "pooler",
        "title_join": "newline",
        "learning_rate": 3e-5,
    }
    return TransformerFamily("scibert", preset)
