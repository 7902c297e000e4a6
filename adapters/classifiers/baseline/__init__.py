"""The kind `baseline`."""

from domain.ports.classifier import ClassifierFamily


def build() -> ClassifierFamily:
    """Returns the family of TF-IDF perceptrons."""
    from adapters.classifiers.baseline.classifier import BaselineFamily

    return BaselineFamily()
