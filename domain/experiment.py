"""The rules by which an experiment assigns requests to variants."""

import hashlib
import math
import re
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import ConfigurationError

_MOST = 1e12
VARIANT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Assignment(StrEnum):
    """The way in which a request got its variant."""

    NONE = "none"  # no experiment, or the request named a model
    WEIGHTED = "weighted"  # by the weights
    FORCED = "forced"  # the request named the variant
    FALLBACK = "fallback"  # the assigned variant could not be loaded
    SHADOW = "shadow"  # the prediction is for a copy of the request and is not sent


@dataclass(frozen=True, slots=True)
class Variant:
    """A model under its own name.

    `model` is a reference that the model store understands. A shadow receives copies of `share` of the requests, and
    its predictions are only logged.
    """

    name: str
    model: str
    weight: float = 1.0
    shadow: bool = False
    share: float = 1.0

    def __post_init__(self) -> None:
        where = f"The variant {self.name!r}"
        if not VARIANT_NAME.fullmatch(self.name):
            raise ConfigurationError(f"{where} has a name unfit for a header. Use letters, digits, dots and hyphens.")
        if not isinstance(self.model, str) or not self.model.strip():
            raise ConfigurationError(f"{where} names no model. Give `model` a kind, kind/version or path.")
        if not isinstance(self.shadow, bool):
            raise ConfigurationError(f"{where} has shadow {self.shadow!r}. Write true or false.")
        if not _is_number(self.weight) or self.weight < 0:
            raise ConfigurationError(f"{where} has the weight {self.weight!r}. Give a number from 0, such as 90.")
        if not _is_number(self.share) or not 0 < self.share <= 1:
            raise ConfigurationError(f"{where} has the share {self.share!r}. Give a number above 0 and up to 1.")
        if self.shadow and self.weight:
            raise ConfigurationError(
                f"{where} is a shadow with the weight {self.weight:g}, and a shadow answers no request. "
                "Leave out the weight. `share` sets how much of the traffic is copied to it."
            )


@dataclass(frozen=True, slots=True)
class Experiment:
    """Variants among which requests are divided by weight. A key always gets the same variant.

    The choice is weighted rendezvous hashing (Schindelhauer and Schomaker 2005). It depends only on the experiment's
    name, the key and the weights, so all processes make the same choice, and the order of the variants does not matter.
    When a weight grows, keys move only to its variant.
    """

    name: str
    variants: tuple[Variant, ...]

    def __post_init__(self) -> None:
        if len({variant.name for variant in self.variants}) != len(self.variants):
            raise ConfigurationError("Two variants have the same name. Give each one of its own.")
        if not any(variant.weight > 0 for variant in self.variants):
            raise ConfigurationError("No variant has a weight above 0, so no request is answered. Give one a weight.")

    @property
    def shadows(self) -> tuple[Variant, ...]:
        """The variants that receive copies of requests."""
        return tuple(variant for variant in self.variants if variant.shadow)

    @property
    def answering(self) -> tuple[Variant, ...]:
        """The variants that answer by weight, heaviest first."""
        return tuple(sorted((each for each in self.variants if each.weight > 0), key=lambda each: -each.weight))

    @property
    def open(self) -> tuple[Variant, ...]:
        """The variants that a request may name, which are all but the shadows."""
        return tuple(variant for variant in self.variants if not variant.shadow)

    def named(self, name: str) -> Variant | None:
        """Returns the variant with that name if a request may name it, else None."""
        return next((variant for variant in self.open if variant.name == name), None)

    def assign(self, key: str) -> Variant:
        """Returns the variant of a key. Each variant gets a share of all keys in proportion to its weight."""
        return max(self.answering, key=lambda each: (-each.weight / math.log(self._point(each, key)), each.name))

    def copies(self, shadow: Variant, key: str) -> bool:
        """Returns whether a shadow receives a copy of the request with that key.

        This holds for a part `share` of all keys.
        """
        return self._point(shadow, key) <= shadow.share

    def _point(self, variant: Variant, key: str) -> float:
        """Returns a pseudo-random number between 0 and 1, both excluded."""
        text = f"{self.name}\0{variant.name}\0{key}".encode("utf-8", "surrogatepass")
        drawn = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) >> 11
        return (drawn + 0.5) / 2**53


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and abs(value) <= _MOST  # type: ignore[arg-type]  # just checked; NaN is not
