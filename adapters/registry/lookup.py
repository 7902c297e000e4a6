"""Which version a reference means, and what is said where it means none."""

from collections.abc import Iterable, Sequence

from domain.errors import ModelNotFoundError
from domain.registered_model import Alias, RegistryReference


def choose(reference: RegistryReference, versions: Sequence[int], aliases: Sequence[Alias]) -> int:
    """The number that a reference to one of the versions means; a ModelNotFoundError lists those there are."""
    name = reference.name
    if reference.alias is not None:
        held = {alias.name: alias.version for alias in aliases if alias.version is not None}
        if reference.alias not in held:
            known = ", ".join(f"{alias} (version {version})" for alias, version in sorted(held.items()))
            raise ModelNotFoundError(
                f"{name} has no alias {reference.alias!r}. Its aliases are: {known or 'none'}. "
                f"`arxiv-classifier models promote {name} --alias {reference.alias}` gives it one."
            )
        return held[reference.alias]
    if reference.version is None:
        return max(versions)
    if reference.version not in versions:
        raise ModelNotFoundError(
            f"{name} has no version {reference.version}. Its versions are: {', '.join(map(str, sorted(versions)))}."
        )
    return reference.version


def no_such_name(name: str, known: Iterable[str]) -> ModelNotFoundError:
    """The error for a name under which nothing is registered."""
    listed = ", ".join(known)
    return ModelNotFoundError(
        f"There is no registered model {name!r}. "
        + (f"Registered are: {listed}." if listed else "`arxiv-classifier models register` registers one.")
    )
