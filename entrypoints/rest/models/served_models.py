"""The models that a server holds: the default one, those of variants, and others that requests name."""

import re
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from itertools import chain

from domain.errors import ArxivClassifierError
from domain.model_in_use import DEFAULT_MODEL
from entrypoints.container import Container
from entrypoints.rest.http.gil_turns import aside
from entrypoints.rest.models.reloading_model import Bundles, Served, Slot

CATCH_UP_SECONDS = 10.0
_KIND = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ModelService:
    """Gives the default model, those of variants, and others by name; safe to ask from many threads.

    A bundle that was put in another's place, as by pointing a link elsewhere, is loaded while the old one serves, and
    takes over when it is whole; one that cannot be read is refused and the old one serves on. A variant that names a
    bare kind keeps the bundle that this kind meant at first, so that a training in its midst alters no experiment. A
    default model of another kind than `kind` is refused, where one is given.
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
        self._default = Slot(reference, self._bundles, clock, kind=kind)
        self._variants = {name: self._of_variant(name) for name in variants}
        self._others: dict[str, Slot] = {}
        self._lock = threading.Lock()

    @property
    def reference(self) -> str:
        """What the default model is called by."""
        return self._reference

    def start(self, variant: str | None = None) -> None:
        """Loads the default model, or the one that a variant names, before the first request.

        One that cannot be loaded raises why, unless a registry cannot be reached: then it is tried again later.
        """
        (self._default if variant is None else self._variants[variant]).start()

    def peek(self) -> tuple[Served | None, ArxivClassifierError | None]:
        """The default model if one is loaded, and why none or no newer one could be; nothing is loaded."""
        return self._default.served, self._default.error

    def default(self) -> Served:
        """The default model; one that cannot be loaded raises why, and is tried again after five seconds."""
        return self._default.current()

    def variant(self, reference: str) -> Served:
        """The model of a variant, by what the variant calls it; otherwise as the default."""
        return self._variants[reference].current()

    def answering(self) -> tuple[Served, ...]:
        """The default model and those of variants that can be loaded; where none can be, raises why."""
        found = []
        for slot in self._kept():
            with suppress(ArxivClassifierError):
                found.append(slot.current())
        return tuple(found) or (self.default(),)

    def named(self, reference: str | None) -> Served:
        """A model by kind or kind/version, the default for None.

        A kind is what the store says it is, of whatever kind the default is. What the store does not list raises
        ModelNotFoundError: a request reaches no other bundle on this machine.
        """
        served, _ = self.peek()
        own = {None, served.model.stored.name if served else None}
        if _KIND.fullmatch(self._reference) and self._reference != DEFAULT_MODEL:
            own.add(self._reference)
        if reference in own:
            return self.default()
        return self._other(str(reference)).current()

    def loaded(self) -> tuple[Served, ...]:
        """All that are held."""
        slots = chain(self._kept(), list(self._others.values()))
        return tuple({slot.served: None for slot in slots if slot.served})

    def reload(self) -> None:
        """Looks now whether the default or a variant's name means another bundle, and loads it before it returns."""
        for slot in self._kept():
            slot.renew()

    def after_fork(self) -> None:
        """In a process just forked, before it asks for a model: takes what the names mean now.

        One that takes a dead one's place has what was loaded at the start. It waits ten seconds in all for newer
        bundles, which then take over as they do while it serves.
        """
        deadline = self._clock() + CATCH_UP_SECONDS
        for slot in self._kept():
            slot.after_fork()
            slot.catch_up(deadline - self._clock())

    def _new(self, reference: str, *, pin: bool = False) -> Slot:
        return Slot(reference, self._bundles, self._clock, pin=pin)

    def _of_variant(self, reference: str) -> Slot:
        pin = bool(_KIND.fullmatch(reference))
        return self._default if reference == self._reference and not pin else self._new(reference, pin=pin)

    def _kept(self) -> tuple[Slot, ...]:
        """Those that are never given up for another."""
        return tuple({slot: None for slot in (self._default, *self._variants.values())})

    def _other(self, reference: str) -> Slot:
        if reference not in self._others:
            with aside():
                self._bundles.locate_listed(reference)  # an unknown name takes no place
        with self._lock:
            if reference not in self._others:
                if len(self._others) >= max(1, self._most - 1):
                    del self._others[next(iter(self._others))]
                self._others[reference] = Slot(reference, self._bundles, self._clock, listed=True)
            return self._others[reference]
