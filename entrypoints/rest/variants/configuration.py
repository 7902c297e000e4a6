"""Reads variants from a configuration: `variants: {champion: {model: baseline, weight: 90}, ...}` under `api:`."""

from collections.abc import Mapping

from domain.errors import ConfigurationError
from domain.experiment import Experiment, Variant
from domain.options import unknown_key

_KNOWN = {"model", "weight", "shadow", "share"}


def read_experiment(values: object, *, name: str) -> Experiment | None:
    """Returns the experiment of a mapping from names to variants; None for an empty one."""
    if not isinstance(values, Mapping):
        raise ConfigurationError(f"Option variants of the setting api is {values!r}. Write a mapping: {_EXAMPLE}.")
    if not values:
        return None
    return Experiment(name, tuple(_variant(str(key), fields) for key, fields in values.items()))


_EXAMPLE = "champion: {model: baseline, weight: 90}"


def _variant(name: str, fields: object) -> Variant:
    if not isinstance(fields, Mapping):
        raise ConfigurationError(f"The variant {name!r} is {fields!r}. Write a mapping: {_EXAMPLE}.")
    for key in fields:
        if key not in _KNOWN:
            raise ConfigurationError(unknown_key(str(key), _KNOWN, where=f"The variant {name!r}"))
    if "model" not in fields:
        raise ConfigurationError(f"The variant {name!r} names no model. Write model: KIND, as in {_EXAMPLE}.")
    shadow = fields.get("shadow", False)
    return Variant(
        name,
        fields["model"],
        weight=fields.get("weight", 0.0 if shadow is True else 1.0),
        shadow=shadow,
        share=fields.get("share", 1.0),
    )
