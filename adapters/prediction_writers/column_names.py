"""The names of an output's columns."""

from collections.abc import Iterable

from domain.errors import InvalidInputError


def refuse_repeated(names: Iterable[str]) -> None:
    """Raises InvalidInputError if two columns of the output have one name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidInputError(
                f"The output would have two columns named {name}. Write another layout, or keep another column."
            )
        seen.add(name)
