"""The models of a server: the default one, those of variants, and others that requests name."""

import re
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from itertools import chain

from domain.errors import ArxivClassifierError
from domain.model_in_use import DEFAULT_MODEL
from entrypoints.container import Container
from entrypoints.rest.http.gil_turns import turn_given_up
from entrypoints.rest.models.reloading_model import Bundles, ReloadingModel, ServedModel

CATCH_UP_SECONDS = 10.0
_KIND = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ModelService:
    """The default model, those of variants, and others by name. It is safe to use from many threads.

    A bundle that replaces another, for example by a moved link, is loaded while the old one serves, and takes over when
    it is complete. If it cannot be read, the old one stays in service. A variant that names a bare kind keeps the
    bundle that the kind meant at the start, so that a training does not change an experiment. If a `kind` is given, a
    default model of another kind is refused.
    """

    def __init__(
        self,
        container: Container,
        reference: str,
        *,
        most: int,
        variants: Collection[str] = (),
        kind: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bundles = Bundles(container)
        self._reference = reference
        self._most = most
        self._clock = clock
        self._default = ReloadingModel(reference, self._bundles, clock, kind=kind)
        self._variants = {name: self._of_variant(name) for name in variants}
        self._others: dict[str, ReloadingModel] = {}
        self._lock = threading.Lock()

    @property
    def reference(self) -> str:
        """The reference of the default model."""
        return self._reference

    def start(self, variant: str | None = None) -> None:
        """Loads the default model, or the one that a variant names, before the first request.

        Raises an error if it cannot be loaded. If a registry cannot be reached, it is tried again later.
        """
        (self._default if variant is None else self._variants[variant]).start()

    def peek(self) -> tuple[ServedModel | None, ArxivClassifierError | None]:
        """Returns the default model if it is loaded, and the error of the last attempt. Loads nothing."""
        return self._default.served, self._default.error

    def default(self) -> ServedModel:
        """Returns the default model. Raises an error if it cannot be loaded; the next attempt is after five seconds."""
        return self._default.current()

    def variant(self, reference: str) -> ServedModel:
        """Returns the model of a variant by its reference. Errors are those of `default`."""
        return self._variants[reference].current()

    def answering(self) -> tuple[ServedModel, ...]:
        """Returns the default model and those of variants that can be loaded. Raises an error if none can be."""
        found = []
        for slot in self._kept():
            with suppress(ArxivClassifierError):
                found.append(slot.current())
        return tuple(found) or (self.default(),)

    def named(self, reference: str | None) -> ServedModel:
        """Returns a model by kind or kind/version, or the default for None.

        The store resolves a kind, whatever the kind of the default. A model that the store does not list raises
        ModelNotFoundError, so a request reaches no other bundle on this machine.
        """
        served, _ = self.peek()
        own = {None, served.model.stored.name if served else None}
        if _KIND.fullmatch(self._reference) and self._reference != DEFAULT_MODEL:
            own.add(self._reference)
        if reference in own:
            return self.default()
        return self._other(str(reference)).current()

    def loaded(self) -> tuple[ServedModel, ...]:
        """Returns all loaded models."""
        slots = chain(self._kept(), list(self._others.values()))
        return tuple({slot.served: None for slot in slots if slot.served})

    def reload(self) -> None:
        """Checks now whether the default or a variant's name means another bundle, and loads it before it returns."""
        for slot in self._kept():
            slot.renew()

    def after_fork(self) -> None:
        """Loads the current bundles in a forked process, before its first request.

        A worker that replaces a dead one has the models of the start. It waits ten seconds in all for newer bundles.
        Later ones take over while it serves.
        """
        deadline = self._clock() + CATCH_UP_SECONDS
        for slot in self._kept():
            slot.after_fork()
            slot.catch_up(deadline - self._clock())

    def _new(self, reference: str, *, pin: bool = False) -> ReloadingModel:
        return ReloadingModel(reference, self._bundles, self._clock, pin=pin)

    def _of_variant(self, reference: str) -> ReloadingModel:
        pin = bool(_KIND.fullmatch(reference))
        return self._default if reference == self._reference and not pin else self._new(reference, pin=pin)

    def _kept(self) -> tuple[ReloadingModel, ...]:
        """Returns the models that stay loaded."""
        return tuple({slot: None for slot in (self._default, *self._variants.values())})

    def _other(self, reference: str) -> ReloadingModel:
        if reference not in self._others:
            with turn_given_up():
                self._bundles.locate_listed(reference)  # an unknown name occupies no place
        with self._lock:
            if reference not in self._others:
                if len(self._others) >= max(1, self._most - 1):
                    del self._others[next(iter(self._others))]
                self._others[reference] = ReloadingModel(reference, self._bundles, self._clock, listed=True)
            return self._others[reference]
