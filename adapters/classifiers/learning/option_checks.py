"""Checks of option values."""

from domain.errors import ConfigurationError


def one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    """Raises ConfigurationError unless the value is one of those known."""
    require(value in known, name, value, f"one of {', '.join(known)}")


def whole(name: str, value: object, *, least: int) -> None:
    """Raises ConfigurationError unless the value is a whole number of at least `least`."""
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= least
    require(whole, name, value, f"a whole number from {least}")


def within(name: str, value: object, low: float, high: float) -> None:
    """Raises ConfigurationError unless the value is a number from `low` to `high`."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    require(number, name, value, f"a number from {low:g} to {high:g}")


def require(condition: bool, name: str, value: object, wanted: str) -> None:
    """Raises ConfigurationError with option, value and what is wanted unless the condition holds."""
    if not condition:
        raise ConfigurationError(f"Option {name} is {value!r}; it must be {wanted}.")
