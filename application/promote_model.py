"""Use cases: move an alias to a version, and move it back to the version before."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from application.models.taxonomy_difference import difference
from domain.errors import ArxivClassifierError, IncompatibleModelError, ModelNotFoundError
from domain.log_events import log_event
from domain.ports.registry import ModelRegistry
from domain.registered_model import (
    CHAMPION,
    Action,
    Alias,
    AliasChange,
    RegisteredModel,
    RegistryReference,
    check_alias,
)

_logger = logging.getLogger(__name__)
# Models are compared by the first of these that both have.
_JUDGED_BY = (("test", "micro_f1"), ("test", "average_precision_macro"), ("validation", "micro_f1"))


@dataclass(frozen=True, slots=True)
class Move:
    """The result of moving an alias to `model`.

    `previous` is the version that held it before, or None if there was none or its record is gone. `changed` is false
    if `model` held the alias already. `warnings` are sentences for the user.
    """

    alias: str
    model: RegisteredModel
    previous: RegisteredModel | None
    changed: bool
    warnings: tuple[str, ...] = ()


class PromoteModel:
    """Moves an alias to a version with a complete bundle and the same categories as the alias's current version.

    If the alias is new, the categories are compared with the champion's. `check` raises if a bundle is incomplete.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        check: Callable[[RegisteredModel], None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._registry = registry
        self._check = check
        self._now = now

    def __call__(
        self, reference: RegistryReference, alias: str, *, by: str = "", allow_taxonomy_change: bool = False
    ) -> Move:
        """Returns the move. `allow_taxonomy_change` accepts other categories.

        Raises CorruptModelError if the bundle is gone or altered, and IncompatibleModelError for other categories.
        """
        check_alias(alias)
        model = self._registry.find(reference)
        self._check(model)
        seen: list[RegisteredModel | None] = []

        def decide(standing: Alias) -> AliasChange | None:
            holder = _holder(self._registry, model.name, standing.version)
            seen.append(holder)
            if not allow_taxonomy_change:
                self._check_categories(model, holder, alias)
            if standing.version == model.version:
                return None
            return _change(model, standing, "promote", self._now(), by)

        change = self._registry.move(model.name, alias, decide)
        previous = seen[-1] if seen else None
        if change is not None:
            _log(alias, model, change)
        return Move(alias, model, previous, change is not None, _warnings(model, previous, alias))

    def _check_categories(self, model: RegisteredModel, holder: RegisteredModel | None, alias: str) -> None:
        role = alias
        if holder is None and alias != CHAMPION:
            aliases = {each.name: each.version for each in self._registry.aliases(model.name)}
            holder, role = _holder(self._registry, model.name, aliases.get(CHAMPION)), CHAMPION
        if holder is not None and holder.fingerprint != model.fingerprint:
            raise IncompatibleModelError(
                f"{model.reference} knows other categories than the {role}, {holder.reference}: "
                f"{difference(holder.categories, model.categories)}. Clients would get other labels. "
                "Promote it with --allow-taxonomy-change if this is intended."
            )


class RollBackModel:
    """Moves an alias back to the version before the last promotion that no rollback has undone."""

    def __init__(
        self,
        registry: ModelRegistry,
        check: Callable[[RegisteredModel], None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._registry = registry
        self._check = check
        self._now = now

    def __call__(self, name: str, alias: str, *, by: str = "") -> Move:
        """Returns the move.

        Raises ModelNotFoundError if there is no earlier version, and CorruptModelError if it is gone or altered.
        """
        seen: list[tuple[RegisteredModel, RegisteredModel | None]] = []

        def decide(standing: Alias) -> AliasChange:
            earlier = standing.earlier()
            if earlier is None:
                raise ModelNotFoundError(_no_earlier(name, standing))
            model = self._registry.find(RegistryReference(name, earlier))
            self._check(model)
            seen.append((model, _holder(self._registry, name, standing.version)))
            return _change(model, standing, "rollback", self._now(), by)

        change = self._registry.move(name, alias, decide)
        model, previous = seen[-1]
        if change is not None:
            _log(alias, model, change)
        return Move(alias, model, previous, True, _warnings(model, previous, alias, worse=False))


def _log(alias: str, model: RegisteredModel, change: AliasChange) -> None:
    before = None if change.previous is None else str(RegistryReference(model.name, change.previous))
    log_event(
        _logger,
        "alias_moved",
        f"The alias {alias} moved to {model.reference} ({model.model}), by {change.action} of "
        f"{change.by or 'an unknown user'}.",
        alias=alias,
        reference=str(model.reference),
        previous=before,
        action=change.action,
        model=model.model,
        run=model.run,
        by=change.by,
    )


def _change(model: RegisteredModel, standing: Alias, action: Action, at: datetime, by: str) -> AliasChange:
    return AliasChange(model.version, standing.version, action, at.isoformat(timespec="seconds"), by)


def _holder(registry: ModelRegistry, name: str, version: int | None) -> RegisteredModel | None:
    """Returns the version's record, or None if it is missing or unreadable, so that the alias can still move."""
    try:
        return None if version is None else registry.find(RegistryReference(name, version))
    except ArxivClassifierError:
        return None


def _no_earlier(name: str, standing: Alias) -> str:
    if standing.version is None:
        return f"{name} has no alias {standing.name!r} to roll back. See `arxiv-classifier models list --registry`."
    return (
        f"The alias {standing.name} of {name} has no earlier version than {standing.version}. "
        "Promote the version you want."
    )


def _warnings(
    model: RegisteredModel, previous: RegisteredModel | None, alias: str, *, worse: bool = True
) -> tuple[str, ...]:
    if previous is None or previous.version == model.version:
        return ()
    warnings = []
    if previous.fingerprint != model.fingerprint:
        told = difference(previous.categories, model.categories)
        warnings.append(
            f"{model.reference} knows other categories than {previous.reference}, the {alias} so far: {told}."
        )
    if worse and (less := _less(model, previous)):
        warnings.append(less)
    return tuple(warnings)


def _less(model: RegisteredModel, previous: RegisteredModel) -> str:
    for split, name in _JUDGED_BY:
        new, old = (each.metrics.get(split, {}).get(name) for each in (model, previous))
        if new is not None and old is not None:
            measured = "the same data" if model.data == previous.data else "other data, so they are hard to compare"
            told = f"{split} {name} is {new:.4f}, that of {previous.reference} {old:.4f} (measured on {measured})"
            return f"{model.reference} is worse by its own figures: {told}." if new < old else ""
    return _beyond_compare(model, previous)


def _beyond_compare(model: RegisteredModel, previous: RegisteredModel) -> str:
    lacking = [split for split, named in previous.metrics.items() if named and not model.metrics.get(split)]
    if not lacking:
        return ""
    return (
        f"{model.reference} cannot be compared with {previous.reference}: it was never measured on "
        f"{' or '.join(lacking)} papers. `arxiv-classifier evaluate` measures both on the same ones."
    )
