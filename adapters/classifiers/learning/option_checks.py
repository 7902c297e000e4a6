"""Checks that an option's value is of use, with the sentence for one that is not."""

from domain.errors import ConfigurationError


def one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    """The value is one of those known."""
    require(value in known, name, value, f"one of {', '.join(known)}")


def whole(name: str, value: object, *, least: int) -> None:
    """The value is a whole number, not below `least`."""
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= least
    require(whole, name, value, f"a whole number from {least}")


def within(name: str, value: object, low: float, high: float) -> None:
    """The value is a number from `low` to `high`."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    require(number, name, value, f"a number from {low:g} to {high:g}")


def require(condition: bool, name: str, value: object, wanted: str) -> None:
    """A ConfigurationError naming option, value and what is wanted, unless the condition holds."""
    if not condition:
        raise ConfigurationError(f"Option {name} is {value!r}; it must be {wanted}.")
