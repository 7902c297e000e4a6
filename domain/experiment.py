"""Which version of a model answers which request."""

import hashlib
import math
import re
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import ConfigurationError

_MOST = 1e12
VARIANT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Assignment(StrEnum):
    """How a prediction came to be a variant's."""

    NONE = "none"  # no experiment, or the request named a model
    WEIGHTED = "weighted"  # by the weights
    FORCED = "forced"  # the request named the variant
    FALLBACK = "fallback"  # the variant that was drawn could not be loaded
    SHADOW = "shadow"  # a copy, answered to nobody


@dataclass(frozen=True, slots=True)
class Variant:
    """A model under a name of its own.

    `model` is whatever a model store is asked for. A shadow gets copies of `share` of the requests and answers none.
    """

    name: str
    model: str
    weight: float = 1.0
    shadow: bool = False
    share: float = 1.0

    def __post_init__(self) -> None:
        where = f"The variant {self.name!r}"
        if not VARIANT_NAME.fullmatch(self.name):
            raise ConfigurationError(f"{where} has no name that fits a header. Use letters, digits, dots and hyphens.")
        if not isinstance(self.model, str) or not self.model.strip():
            raise ConfigurationError(f"{where} names no model. Give `model` a kind, kind/version or path.")
        if not isinstance(self.shadow, bool):
            raise ConfigurationError(f"{where} has shadow {self.shadow!r}. Write true or false.")
        if not _is_number(self.weight) or self.weight < 0:
            raise ConfigurationError(f"{where} has the weight {self.weight!r}. Give a number from 0, as 90.")
        if not _is_number(self.share) or not 0 < self.share <= 1:
            raise ConfigurationError(f"{where} has the share {self.share!r}. Give a number above 0 and up to 1.")
        if self.shadow and self.weight:
            raise ConfigurationError(
                f"{where} is a shadow with the weight {self.weight:g}, and a shadow answers nobody. Leave weight out; "
                "`share` says how much of the traffic it gets a copy of."
            )


@dataclass(frozen=True, slots=True)
class Experiment:
    """Variants of which each request gets one, by weight, and the same one for the same key.

    The choice is by weighted rendezvous hashing (Schindelhauer and Schomaker 2005): it depends on the experiment's
    name, the key and the weights alone, so every process makes the same one, in whatever order the variants are
    listed; a weight that grows moves keys to its variant, and no key between others.
    """

    name: str
    variants: tuple[Variant, ...]

    def __post_init__(self) -> None:
        if len({variant.name for variant in self.variants}) != len(self.variants):
            raise ConfigurationError("Two variants have the same name. Give each one of its own.")
        if not any(variant.weight > 0 for variant in self.variants):
            raise ConfigurationError("No variant has a weight above 0, so nobody would answer. Give one of them some.")

    @property
    def shadows(self) -> tuple[Variant, ...]:
        """Those that get copies."""
        return tuple(variant for variant in self.variants if variant.shadow)

    @property
    def answering(self) -> tuple[Variant, ...]:
        """Those that answer by weight, the heaviest first."""
        return tuple(sorted((each for each in self.variants if each.weight > 0), key=lambda each: -each.weight))

    @property
    def open(self) -> tuple[Variant, ...]:
        """Those that a request may ask for: all but shadows, which answer nobody."""
        return tuple(variant for variant in self.variants if not variant.shadow)

    def named(self, name: str) -> Variant | None:
        """The variant of that name that a request may ask for."""
        return next((variant for variant in self.open if variant.name == name), None)

    def assign(self, key: str) -> Variant:
        """The variant of a key: of many keys, each gets a share that is its part of all weights."""
        return max(self.answering, key=lambda each: (-each.weight / math.log(self._point(each, key)), each.name))

    def copies(self, shadow: Variant, key: str) -> bool:
        """Whether a shadow gets a copy of the request of that key; of many keys, its share."""
        return self._point(shadow, key) <= shadow.share

    def _point(self, variant: Variant, key: str) -> float:
        """A number above 0 and below 1 that looks random."""
        text = f"{self.name}\0{variant.name}\0{key}".encode("utf-8", "surrogatepass")
        drawn = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) >> 11
        return (drawn + 0.5) / 2**53


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and abs(value) <= _MOST  # type: ignore[arg-type]  # just checked; NaN is not
