"""A registered model: numbered versions under a name, and aliases that move between them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal

from domain.errors import InvalidInputError
from domain.model_bundle import StoredModel

PREFIX = "registry:"
CHAMPION = "champion"
# The folder beside a registered bundle that holds the bundles it needs, each in `<kind>/<version>/`.
MEMBERS = "members"

Action = Literal["promote", "rollback"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
# MLflow reserves these. All registries refuse them, so that models can move to MLflow.
_RESERVED = re.compile(r"latest|[vV][0-9]+", re.IGNORECASE)
_REFERENCE = re.compile(r"(?P<name>[^/@]*)(?:/(?P<version>[^/@]*)|@(?P<alias>[^/@]*))?")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class RegistryReference:
    """A reference to a version of a registered model by number or alias, or to the newest by neither."""

    name: str
    version: int | None = None
    alias: str | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.alias is not None:
            check_alias(self.alias)

    @classmethod
    def parse(cls, text: str) -> "RegistryReference":
        """Returns the reference in `NAME`, `NAME/VERSION` or `NAME@ALIAS`, with or without the prefix `registry:`."""
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
    """A bundle to register, with the models it needs, the time, the user and notes.

    `run` is the tracked run that made the bundle, or empty if unknown.
    """

    stored: StoredModel
    at: str
    by: str = ""
    notes: str = ""
    run: str = ""
    members: Sequence[StoredModel] = ()


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """The record of one version, which remains when its bundle is gone.

    `model` is the bundle's own name, `digest` the SHA-256 (hex) of its manifest, `source` the folder from which it was
    registered. `created` is the time of training, `registered` that of registration, both ISO 8601.
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
        """The reference to this version by number."""
        return RegistryReference(self.name, self.version)

    @classmethod
    def of(cls, name: str, version: int, registration: Registration) -> "RegisteredModel":
        """Returns the version that a registration creates. Metrics that are not finite are left out."""
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
    """One move of an alias: new version, previous version (None at first), action, time (ISO 8601) and user."""

    version: int
    previous: int | None
    action: Action
    at: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias of a registered model: its version now, or None, and every move so far, oldest first."""

    name: str
    version: int | None
    history: tuple[AliasChange, ...] = ()

    def earlier(self) -> int | None:
        """Returns the version to which a rollback would return, or None.

        A rollback undoes the last promotion that stands, so repeated rollbacks go further back.
        """
        standing = _holders(self.history)
        if self.version in standing:  # later promotions were undone by a rollback without a record
            standing = standing[: _last(standing, self.version)]
        return standing[-1] if standing else None


def check_name(name: str) -> None:
    """Raises InvalidInputError if a text cannot be the name of a registered model."""
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            f"{name!r} cannot name a registered model. Use letters, digits, '.', '_' and '-', at most 64, "
            "and begin with a letter or digit."
        )


def check_alias(alias: str) -> None:
    """Raises InvalidInputError if a text cannot be an alias."""
    if not _ALIAS.fullmatch(alias) or _RESERVED.fullmatch(alias):
        raise InvalidInputError(
            f"{alias!r} cannot be an alias. Use letters, digits, '_' and '-', at most 64, and begin with a letter; "
            "'latest' and 'v1' alike are reserved."
        )


def _holders(history: Iterable[AliasChange]) -> tuple[int, ...]:
    """Returns the promotions that no rollback has undone, oldest first."""
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
