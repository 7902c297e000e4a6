"""Finds the version of a reference, and words the errors for unknown ones."""

from collections.abc import Iterable, Sequence

from domain.errors import ModelNotFoundError
from domain.registered_model import Alias, RegistryReference


def choose(reference: RegistryReference, versions: Sequence[int], aliases: Sequence[Alias]) -> int:
    """Returns the version number that a reference means. Raises ModelNotFoundError with the known ones."""
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
    """Returns the error for a name without registered versions."""
    listed = ", ".join(known)
    return ModelNotFoundError(
        f"There is no registered model {name!r}. "
        + (f"Registered are: {listed}." if listed else "`arxiv-classifier models register` registers one.")
    )
