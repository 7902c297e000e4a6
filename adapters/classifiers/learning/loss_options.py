"""Which loss a classifier is trained with, and that loss's parameters."""

from typing import Protocol

LOSSES = ("bce", "focal", "asymmetric")


class LossOptions(Protocol):
    """What any classifier's options say of its loss; `focal_*` and `asymmetric_*` belong to the losses so named."""

    @property
    def loss(self) -> str:
        """`bce`, `focal` or `asymmetric`."""

    @property
    def focal_gamma(self) -> float:
        """How far focal loss turns from what is predicted well."""

    @property
    def focal_alpha(self) -> float:
        """The weight that focal loss gives positives."""

    @property
    def asymmetric_gamma_positive(self) -> float:
        """How far asymmetric loss turns from positives that are predicted well."""

    @property
    def asymmetric_gamma_negative(self) -> float:
        """How far asymmetric loss turns from negatives that are predicted well."""

    @property
    def asymmetric_margin(self) -> float:
        """The probability up to which asymmetric loss ignores a negative."""
