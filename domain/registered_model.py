"""A registered model: numbered versions under a name, and aliases that move from one to another."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal

from domain.errors import InvalidInputError
from domain.model_bundle import StoredModel

PREFIX = "registry:"
CHAMPION = "champion"
# The folder beside a registered bundle with the bundles that it needs, each in `<kind>/<version>/`.
MEMBERS = "members"

Action = Literal["promote", "rollback"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
# What MLflow keeps for itself; refused everywhere, so that a registry can move there.
_RESERVED = re.compile(r"latest|[vV][0-9]+", re.IGNORECASE)
_REFERENCE = re.compile(r"(?P<name>[^/@]*)(?:/(?P<version>[^/@]*)|@(?P<alias>[^/@]*))?")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class RegistryReference:
    """A version of a registered model by its number or by an alias; by neither, the newest."""

    name: str
    version: int | None = None
    alias: str | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.alias is not None:
            check_alias(self.alias)

    @classmethod
    def parse(cls, text: str) -> "RegistryReference":
        """What `NAME`, `NAME/VERSION` or `NAME@ALIAS` says, with `registry:` before it or without."""
        said = text.removeprefix(PREFIX)
        match = _REFERENCE.fullmatch(said)
        version = match["version"] if match else None
        if match is None or (version is not None and not _VERSION.fullmatch(version)):
            raise InvalidInputError(
                f"{text!r} names no registered model. Write NAME, NAME/VERSION with a number, or NAME@ALIAS."
            )
        return cls(match["name"], int(version) if version is not None else None, match["alias"])

    def __str__(self) -> str:
        rest = f"@{self.alias}" if self.alias is not None else f"/{self.version}" if self.version is not None else ""
        return f"{PREFIX}{self.name}{rest}"


@dataclass(frozen=True, slots=True)
class Registration:
    """A bundle to be registered, with the models that it needs beside it, when, by whom, and what is said of it.

    `run` is the tracked run that made it, empty where it is not known.
    """

    stored: StoredModel
    at: str
    by: str = ""
    notes: str = ""
    run: str = ""
    members: Sequence[StoredModel] = ()


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """One version: what is known of it even where its bundle is gone.

    `model` is the bundle's own name, `digest` the SHA-256 (hex) of its manifest, `source` the folder that it was
    registered from. `created` is when it was trained, `registered` when it came here, both ISO 8601.
    """

    name: str
    version: int
    model: str
    digest: str
    created: str
    registered: str
    fingerprint: str
    categories: tuple[str, ...]
    size: int = 0
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    data: str = ""
    source: str = ""
    run: str = ""
    notes: str = ""
    by: str = ""

    @property
    def reference(self) -> RegistryReference:
        """The version by its number."""
        return RegistryReference(self.name, self.version)

    @classmethod
    def of(cls, name: str, version: int, registration: Registration) -> "RegisteredModel":
        """The version that a registration becomes; metrics that are no numbers are left out."""
        stored, card = registration.stored, registration.stored.card
        return cls(
            name=name,
            version=version,
            model=stored.name,
            digest=stored.digest,
            created=card.created,
            registered=registration.at,
            fingerprint=card.taxonomy.fingerprint(),
            categories=tuple(category.identifier for category in card.taxonomy),
            size=sum(sum(each.files.values()) for each in (stored, *registration.members)),
            metrics={split: {n: v for n, v in named.items() if isfinite(v)} for split, named in card.metrics.items()},
            data=str(card.data.get("fingerprint", "")),
            source=str(stored.folder),
            run=registration.run,
            notes=registration.notes,
            by=registration.by,
        )


@dataclass(frozen=True, slots=True)
class AliasChange:
    """One move of an alias: to which version, from which (None at first), why, when (ISO 8601) and by whom."""

    version: int
    previous: int | None
    action: Action
    at: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias of a registered model: who holds it now, None where nobody does, and every move so far, oldest first."""

    name: str
    version: int | None
    history: tuple[AliasChange, ...] = ()

    def earlier(self) -> int | None:
        """The version that a rollback returns to, None where there is none.

        A rollback undoes the promotion before it, so the next one goes further back.
        """
        standing = _holders(self.history)
        if self.version in standing:  # and what is above it was undone by a rollback that left no record
            standing = standing[: _last(standing, self.version)]
        return standing[-1] if standing else None


def check_name(name: str) -> None:
    """Raises InvalidInputError for what cannot name a registered model."""
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            f"{name!r} cannot name a registered model. Use letters, digits, '.', '_' and '-', at most 64, "
            "and begin with a letter or digit."
        )


def check_alias(alias: str) -> None:
    """Raises InvalidInputError for what cannot be an alias."""
    if not _ALIAS.fullmatch(alias) or _RESERVED.fullmatch(alias):
        raise InvalidInputError(
            f"{alias!r} cannot be an alias. Use letters, digits, '_' and '-', at most 64, and begin with a letter; "
            "'latest' and 'v1' alike are reserved."
        )


def _holders(history: Iterable[AliasChange]) -> tuple[int, ...]:
    """The promotions that no rollback has undone, oldest first."""
    standing: list[int] = []
    for change in history:
        if change.action == "rollback":
            standing = standing[:-1]
            while standing and standing[-1] != change.version:
                standing.pop()
        if not standing or standing[-1] != change.version:
            standing.append(change.version)
    return tuple(standing)


def _last(numbers: Sequence[int], number: int) -> int:
    return max(place for place, each in enumerate(numbers) if each == number)
