"""References to registered models, and where an alias rolls back to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInputError
from domain.registered_model import Alias, AliasChange, RegistryReference
from tests.strategies import registry_references

AT = "2026-11-21T10:00:00+00:00"


@given(registry_references())
def test_a_reference_is_read_as_it_is_written(reference: RegistryReference) -> None:
    """Text and reference are one another's, with the prefix or without."""
    assert RegistryReference.parse(str(reference)) == reference
    assert RegistryReference.parse(str(reference).removeprefix("registry:")) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "registry:",
        "a/",
        "a/0",
        "a/01",
        "a/x",
        "a/-1",
        "a/1.0",
        "a@",
        "a@b@c",
        "a/1@b",
        "@b",
        "/1",
        "a b",
        "a/b/1",
        "a/²",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    """A text that names no version in one way is an InvalidInputError."""
    with pytest.raises(InvalidInputError):
        RegistryReference.parse(text)


def test_neither_version_nor_alias_can_slip_through_the_constructor() -> None:
    """A reference that is made is valid too."""
    with pytest.raises(InvalidInputError):
        RegistryReference("../x")
    with pytest.raises(InvalidInputError):
        RegistryReference("x", alias="latest")


@given(st.lists(st.integers(1, 4) | st.none(), max_size=12))
def test_rollbacks_undo_promotions_one_by_one(moves: list[int | None]) -> None:
    """Promotions stack up and each rollback takes off the top, whatever their order."""
    stack: list[int] = []
    history: list[AliasChange] = []
    for version in moves:
        alias = Alias("champion", stack[-1] if stack else None, tuple(history))
        assert alias.earlier() == (stack[-2] if len(stack) > 1 else None)
        if version is not None and version != alias.version:
            history.append(AliasChange(version, alias.version, "promote", AT))
            stack.append(version)
        elif version is None and len(stack) > 1:
            stack.pop()
            history.append(AliasChange(stack[-1], alias.version, "rollback", AT))


@pytest.mark.parametrize(("version", "earlier"), [(3, 2), (2, 1), (1, None), (7, 3), (None, 3)])
def test_a_move_without_a_record_rolls_back_to_what_was_before(version: int | None, earlier: int | None) -> None:
    """An alias that another program moved goes back to the last known version, and never forward to an undone one."""
    history = tuple(AliasChange(number, number - 1 or None, "promote", AT) for number in (1, 2, 3))
    assert Alias("champion", version, history).earlier() == earlier
