"""The loss that a classifier is trained with, and its parameters."""

from typing import Protocol

LOSSES = ("bce", "focal", "asymmetric")


class LossOptions(Protocol):
    """The part of any classifier's options that describes its loss.

    `focal_*` and `asymmetric_*` belong to the losses of those names.
    """

    @property
    def loss(self) -> str:
        """The name: `bce`, `focal` or `asymmetric`."""

    @property
    def focal_gamma(self) -> float:
        """The exponent by which focal loss reduces the weight of good predictions."""

    @property
    def focal_alpha(self) -> float:
        """The weight of positives in focal loss."""

    @property
    def asymmetric_gamma_positive(self) -> float:
        """The exponent by which asymmetric loss reduces the weight of well predicted positives."""

    @property
    def asymmetric_gamma_negative(self) -> float:
        """The exponent by which asymmetric loss reduces the weight of well predicted negatives."""

    @property
    def asymmetric_margin(self) -> float:
        """The probability up to which asymmetric loss ignores a negative."""
