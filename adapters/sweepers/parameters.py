"""Parses the parameters of a sweep file: values, ranges and distributions in the form of Weights & Biases."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from domain.errors import ConfigurationError
from domain.options import unknown_key
from domain.sweep import Choice, Normal, Parameter, Range

# The keys of each distribution beside its name.
_KEYS: dict[str, frozenset[str]] = {
    "constant": frozenset({"value"}),
    "categorical": frozenset({"values"}),
    "uniform": frozenset({"min", "max"}),
    "int_uniform": frozenset({"min", "max"}),
    "q_uniform": frozenset({"min", "max", "q"}),
    "log_uniform": frozenset({"min", "max"}),
    "log_uniform_values": frozenset({"min", "max"}),
    "q_log_uniform_values": frozenset({"min", "max", "q"}),
    "normal": frozenset({"mu", "sigma"}),
}
_OPTIONAL = frozenset({"q", "mu", "sigma"})
_ALL = frozenset({"distribution", "parameters"}).union(*_KEYS.values())


def read_parameters(content: object, *, where: str) -> dict[str, Parameter]:
    """Returns parameters by name. Nested names are joined by dots."""
    read: dict[str, Parameter] = {}
    for name, parameter in _read(_mapping(content, where), where, ""):
        twin = next((each for each in read if each.removeprefix("model.") == name.removeprefix("model.")), None)
        if twin is not None:
            raise ConfigurationError(f"{where} has {name} twice, as {twin} and as {name}. Leave one out.")
        read[name] = parameter
    return read


def _read(content: Mapping[str, Any], where: str, prefix: str) -> Iterator[tuple[str, Parameter]]:
    for name, said in content.items():
        here = f"{where}.{name}"
        fields = _mapping(said, here, wanted="a mapping with value, values, or min and max")
        for key in fields:
            if key not in _ALL:
                raise ConfigurationError(unknown_key(str(key), set(_ALL), where=here))
        if "parameters" in fields:
            _only(fields, {"parameters"}, here)
            yield from _read(_mapping(fields["parameters"], here), here, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _parameter(fields, here)


def _parameter(fields: Mapping[str, Any], where: str) -> Parameter:
    name = fields.get("distribution", _implied(fields))
    if name not in _KEYS:
        raise ConfigurationError(
            f"{where} has the distribution {name!r}, which is not supported. Those that are: {', '.join(_KEYS)}."
        )
    _only(fields, {"distribution", *_KEYS[name]}, where)
    missing = sorted(_KEYS[name] - _OPTIONAL - set(fields))
    if missing:
        raise ConfigurationError(f"{where} lacks {' and '.join(missing)}, which the distribution {name} needs.")
    if name in ("constant", "categorical"):
        return _choice(fields, where)
    if name == "normal":
        return _normal(fields, where)
    return _range(name, fields, where)


def _implied(fields: Mapping[str, Any]) -> str:
    """Returns the distribution that applies if none is named."""
    if "value" in fields:
        return "constant"
    if "values" in fields:
        return "categorical"
    if "mu" in fields or "sigma" in fields:
        return "normal"
    whole = all(isinstance(fields.get(key), int) for key in ("min", "max"))
    return "int_uniform" if whole and "q" not in fields else "q_uniform" if "q" in fields else "uniform"


def _choice(fields: Mapping[str, Any], where: str) -> Choice:
    values = [fields["value"]] if "value" in fields else fields["values"]
    if not isinstance(values, list) or not values:
        raise ConfigurationError(f"{where}.values is {values!r}, not a list of one or more values.")
    seen: list[object] = []
    for value in values:
        if value in seen:  # true, 1 and 1.0 are equal values of a parameter
            raise ConfigurationError(f"{where}.values holds {value!r} twice. Leave one out.")
        seen.append(value)
    return Choice(tuple(values))


def _range(name: str, fields: Mapping[str, Any], where: str) -> Range:
    low, high = _number(fields, "min", where), _number(fields, "max", where)
    if not low < high:
        raise ConfigurationError(f"{where}.min is {low:g} and its max {high:g}; min must be the smaller one.")
    quantum = _number({"q": 1, **fields}, "q", where) if name.startswith("q_") else None
    if quantum is not None and not 0 < quantum <= high - low:
        raise ConfigurationError(f"{where}.q is {quantum:g}; it must be above 0 and fit between min and max.")
    whole = all(isinstance(number, int) for number in (low, high, 1 if quantum is None else quantum))
    if name == "int_uniform" and not whole:
        raise ConfigurationError(f"{where} has the distribution int_uniform; its min and max must be whole numbers.")
    logarithmic = "log" in name
    if name == "log_uniform":  # its bounds are exponents of e
        low, high = math.exp(low), math.exp(high)
    elif logarithmic and low <= 0:
        raise ConfigurationError(f"{where}.min is {low:g}; with the distribution {name} it must be above 0.")
    return Range(low, high, logarithmic, quantum, whole=whole and (name == "int_uniform" or quantum is not None))


def _normal(fields: Mapping[str, Any], where: str) -> Normal:
    deviation = _number({"sigma": 1, **fields}, "sigma", where)
    if deviation <= 0:
        raise ConfigurationError(f"{where}.sigma is {deviation:g}; it must be above 0.")
    return Normal(_number({"mu": 0, **fields}, "mu", where), deviation)


def _number(fields: Mapping[str, Any], key: str, where: str) -> float:
    value = fields[key]
    if isinstance(value, str) and _is_number(value):
        raise ConfigurationError(
            f"{where}.{key} is the text {value!r}, which YAML does not take for a number. Write {float(value)!r}, "
            "or with a point and a sign: 1.0e-3."
        )
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigurationError(f"{where}.{key} is {value!r}, not a number.")
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _only(fields: Mapping[str, Any], allowed: set[str], where: str) -> None:
    for key in fields:
        if key not in allowed:
            raise ConfigurationError(
                f"{where} has {key} beside {', '.join(sorted(allowed & set(fields)))}. Leave one out."
            )


def _mapping(value: object, where: str, *, wanted: str = "a mapping of names") -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not value:
        raise ConfigurationError(f"{where} is {value!r}; it must be {wanted}.")
    return value
