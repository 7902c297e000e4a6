"""The training losses of classifiers, on logits."""

import keras
from keras import ops

from adapters.classifiers.learning.loss_options import LossOptions


def loss_of(options: LossOptions) -> keras.losses.Loss:
    """Returns the loss that the options name. It is the mean over categories, then over papers with their weights."""
    if options.loss == "focal":
        return keras.losses.BinaryFocalCrossentropy(
            apply_class_balancing=True, alpha=options.focal_alpha, gamma=options.focal_gamma, from_logits=True
        )
    if options.loss == "asymmetric":
        return AsymmetricLoss(
            options.asymmetric_gamma_positive, options.asymmetric_gamma_negative, options.asymmetric_margin
        )
    return keras.losses.BinaryCrossentropy(from_logits=True)


@keras.saving.register_keras_serializable("arxiv_classifier")
class AsymmetricLoss(keras.losses.Loss):  # type: ignore[misc]  # Keras ships no types
    """Asymmetric loss (Ben-Baruch et al. 2021, equations 5-7), which gives easy negatives less weight and a margin."""

    def __init__(self, gamma_positive: float, gamma_negative: float, margin: float, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.gamma_positive = gamma_positive
        self.gamma_negative = gamma_negative
        self.margin = margin

    def call(self, y_true: object, y_pred: object) -> object:
        """Returns the loss of each paper, shape (papers,), from multi-hot targets and logits (papers, categories)."""
        targets = ops.cast(y_true, y_pred.dtype)  # type: ignore[attr-defined]  # a tensor of any backend
        positive = ops.sigmoid(y_pred)
        shifted = ops.maximum(positive - self.margin, 0.0)
        loss_positive = ops.power(1.0 - positive, self.gamma_positive) * ops.log_sigmoid(y_pred)
        loss_negative = ops.power(shifted, self.gamma_negative) * ops.log(ops.maximum(1.0 - shifted, 1e-7))
        return -ops.mean(targets * loss_positive + (1.0 - targets) * loss_negative, axis=-1)

    def get_config(self) -> dict[str, object]:
        """Returns the arguments from which Keras rebuilds the loss."""
        parameters = {name: getattr(self, name) for name in ("gamma_positive", "gamma_negative", "margin")}
        return {**super().get_config(), **parameters}
