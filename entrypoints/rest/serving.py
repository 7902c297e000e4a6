"""The models that a server holds: loaded once, swapped when another bundle takes their place."""

import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path

import structlog

from domain.errors import ArxivClassifierError, ConfigurationError, ModelNotFoundError
from domain.ports.explainer import Explainer
from domain.ports.model_store import ModelStore
from entrypoints.container import Container, LoadedModel
from entrypoints.rest.turns import aside

_logger = structlog.get_logger(__name__)
_RETRY_AFTER = 5.0
_LOOK_EVERY = 1.0
_Signature = tuple[str, int, int]


class Served:
    """A loaded model with its explainer, made when it is first asked for."""

    def __init__(self, model: LoadedModel, explain: Callable[[LoadedModel], Explainer]) -> None:
        self.model = model
        self._explain = explain
        self._explainer: Explainer | None = None

    @property
    def explainer(self) -> Explainer:
        """What explains this model's probabilities."""
        if self._explainer is None:
            self._explainer = self._explain(self.model)
        return self._explainer


class _Slot:
    """One model that is asked for by the same name, and what became of loading it."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        self.lock = threading.Lock()
        self.served: Served | None = None
        self.signature: _Signature | None = None
        self.error: ArxivClassifierError | None = None
        self.tried = 0.0
        self.looked = 0.0


class ModelService:
    """Gives the default model and others by name; safe to ask from many threads.

    A bundle that was put in another's place, as by pointing a link elsewhere, is loaded while the old one serves, and
    takes over when it is whole; one that cannot be read is refused and the old one serves on.
    """

    def __init__(
        self,
        container: Container,
        reference: str,
        *,
        most: int,
        pinned: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._container = container
        self._reference = reference
        self._most = most
        self._kept = {reference, *pinned}  # never given up for another
        self._clock = clock
        self._slots: dict[str, _Slot] = {reference: _Slot(reference)}
        self._lock = threading.Lock()

    @property
    def reference(self) -> str:
        """What the default model is called by."""
        return self._reference

    def peek(self) -> tuple[Served | None, ArxivClassifierError | None]:
        """The default model if it is loaded, and else why it is not; nothing is loaded."""
        slot = self._slots[self._reference]
        return slot.served, slot.error

    def default(self) -> Served:
        """The default model; one that cannot be loaded raises why, and is tried again after five seconds."""
        return self._current(self._slots[self._reference])

    def named(self, reference: str | None) -> Served:
        """A model by kind or kind/version, the default for None; unknown ones raise ModelNotFoundError."""
        if reference is None or reference == self._reference:
            return self.default()
        served, _ = self.peek()
        if served and reference in (served.model.stored.name, served.model.stored.card.kind):
            return served
        return self._current(self._slot(reference))

    def loaded(self) -> tuple[Served, ...]:
        """All that are held."""
        return tuple(slot.served for slot in list(self._slots.values()) if slot.served)

    def reload(self) -> None:
        """Looks now whether the default bundle is another, and loads it before it returns."""
        slot = self._slots[self._reference]
        with slot.lock:
            if slot.served is None or self._signature(slot) != slot.signature:
                self._load(slot)

    def _slot(self, reference: str) -> _Slot:
        if reference not in self._slots:
            with aside():  # a registry may take its time
                store: ModelStore = self._container.model_store()
                store.locate(reference)  # an unknown name takes no place
        with self._lock:
            if reference not in self._slots:
                if reference not in self._kept and self._full():
                    oldest = next(name for name in self._slots if name not in self._kept)
                    del self._slots[oldest]
                self._slots[reference] = _Slot(reference)
            return self._slots[reference]

    def _full(self) -> bool:
        """Whether another model would be one too many; those that are kept do not count."""
        return len(self._slots.keys() - self._kept) >= max(1, self._most - 1)

    def _current(self, slot: _Slot) -> Served:
        now = self._clock()
        if slot.served is None:
            with aside(), slot.lock:
                if slot.served is None:
                    self._first(slot)
        elif now - slot.looked > _LOOK_EVERY:
            self._look(slot)
        if slot.served is None:
            raise slot.error or ModelNotFoundError(f"There is no model {slot.reference!r}.")
        return slot.served

    def _first(self, slot: _Slot) -> None:
        if slot.error is not None and self._clock() - slot.tried < _RETRY_AFTER:
            return
        self._load(slot)

    def _look(self, slot: _Slot) -> None:
        """Starts looking for another bundle, and loading it; requests go on with the old one meanwhile.

        A thread looks, and no request: a registry on another machine may take its time.
        """
        slot.looked = self._clock()
        if slot.signature is None or (slot.tried and self._clock() - slot.tried < _RETRY_AFTER):
            return
        if slot.lock.acquire(blocking=False):
            threading.Thread(target=self._reload, args=(slot,), daemon=True, name="reload").start()

    def _reload(self, slot: _Slot) -> None:
        try:
            if self._signature(slot) != slot.signature:
                self._load(slot)
            else:
                slot.error, slot.tried = None, 0.0
        except Exception:  # the thread's outermost edge: a registry's library may raise whatever it likes
            slot.tried = self._clock()
            _logger.exception("model_refused", model=slot.reference)
        finally:
            slot.lock.release()

    def _load(self, slot: _Slot) -> None:
        slot.tried = self._clock()
        try:
            folder = self._folder(slot)
            signature = _signature_of(folder)  # before reading: what changes meanwhile is looked at again
            model: LoadedModel = self._container.loaded_model(str(folder))
        except (ArxivClassifierError, OSError) as error:
            known = error if isinstance(error, ArxivClassifierError) else ConfigurationError(str(error))
            if str(known) != str(slot.error):
                _logger.error("model_refused", model=slot.reference, reason=str(error))
            slot.error = known
            return
        slot.served = Served(model, self._container.explainer)
        slot.signature, slot.error, slot.tried = signature, None, 0.0
        _logger.info("model_loaded", model=model.stored.name, digest=model.stored.digest[:12])

    def _folder(self, slot: _Slot) -> Path:
        store: ModelStore = self._container.model_store()
        return store.locate(slot.reference)

    def _signature(self, slot: _Slot) -> _Signature | None:
        try:
            return _signature_of(self._folder(slot))
        except (ArxivClassifierError, OSError):
            return None


def _signature_of(folder: Path) -> _Signature | None:
    """What tells one bundle from another without reading it; None where there is none."""
    try:
        state = (folder / "manifest.json").stat()
    except OSError:
        return None
    return str(folder), state.st_mtime_ns, state.st_ino
