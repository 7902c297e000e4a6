"""Use case: register a stored model as a version under a name."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import ArxivClassifierError
from domain.log_events import log_event
from domain.model_bundle import StoredModel
from domain.ports.model_store import ModelStore
from domain.ports.registry import ModelRegistry
from domain.registered_model import RegisteredModel, Registration, check_name

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RegisterCommand:
    """The model to register, its name in the registry, the user and notes.

    `run` is the tracked run that made the model. If empty, the run in its manifest is used.
    """

    model: str
    name: str
    by: str = ""
    run: str = ""
    notes: str = ""


class RegisterModel:
    """Copies a complete bundle into a registry. The same bundle is registered only once under a name.

    `members_of` returns the stored models that a model needs, such as an ensemble's members, which are copied too.
    `check` raises if a registered bundle is incomplete, and then it is registered again.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        store: ModelStore,
        check: Callable[[RegisteredModel], None],
        *,
        members_of: Callable[[StoredModel], Sequence[StoredModel]] = lambda stored: (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._registry = registry
        self._store = store
        self._check = check
        self._members_of = members_of
        self._now = now

    def __call__(self, command: RegisterCommand) -> tuple[RegisteredModel, bool]:
        """Returns the version, and whether it is new."""
        check_name(command.name)
        stored = self._store.find(command.model)
        known = self._known(command.name, stored)
        if known is not None:
            return known, False
        at = self._now().isoformat(timespec="seconds")
        members = self._members_of(stored)
        registration = Registration(stored, at, command.by, command.notes, command.run or stored.card.run_id, members)
        registered = self._registry.register(command.name, registration)
        _log(registered)
        return registered, True

    def _known(self, name: str, stored: StoredModel) -> RegisteredModel | None:
        """Returns the newest complete version with that bundle, or None."""
        if name not in self._registry.names():
            return None
        for model in self._registry.versions(name):
            if model.digest == stored.digest and self._is_whole(model):
                return model
        return None

    def _is_whole(self, model: RegisteredModel) -> bool:
        try:
            self._check(model)
        except ArxivClassifierError:
            return False
        return True


def _log(model: RegisteredModel) -> None:
    log_event(
        _logger,
        "model_registered",
        f"{model.model} is registered as {model.reference}.",
        reference=str(model.reference),
        model=model.model,
        run=model.run,
        by=model.by,
    )
