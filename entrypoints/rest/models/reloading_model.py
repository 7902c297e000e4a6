"""One model of a server by its name. It is loaded once, and renewed when the name means another bundle."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from weakref import WeakValueDictionary

from application.open_model import LoadedModel
from domain.errors import ArxivClassifierError, ConfigurationError, ModelNotFoundError, RegistryUnavailableError
from domain.log_events import log_event
from domain.ports.explainer import Explainer
from entrypoints.container import Container
from entrypoints.rest import metrics
from entrypoints.rest.http.gil_turns import turn_given_up
from entrypoints.rest.tracing import span
from entrypoints.served_kind import refuse_other_kind

_logger = logging.getLogger(__name__)
_RETRY_AFTER = 5.0
_LOOK_EVERY = 1.0
_SAY_AGAIN_AFTER = 60.0
_PATIENCE = 1.0  # seconds for which the request that begins another attempt waits for it
_Signature = tuple[str, int, int]


class ServedModel:
    """A loaded model with its explainer, which is made at its first use."""

    def __init__(self, model: LoadedModel, explain: Callable[[LoadedModel], Explainer]) -> None:
        self.model = model
        self._explain = explain
        self._explainer: Explainer | None = None

    @property
    def explainer(self) -> Explainer:
        """The explainer of this model's probabilities."""
        if self._explainer is None:
            self._explainer = self._explain(self.model)
        return self._explainer


class Bundles:
    """Finds and loads bundles. Names that mean the same bundle share one loaded model."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._held: WeakValueDictionary[_Signature, ServedModel] = WeakValueDictionary()

    def locate(self, reference: str) -> Path:
        """Returns the folder that a name means now."""
        store = self._container.model_store()
        return store.locate(reference)

    def locate_listed(self, name: str) -> Path:
        """Returns the folder of a model that the store lists. A request may name only these."""
        store = self._container.model_store()
        return store.locate_listed(name)

    def load(self, folder: Path, signature: _Signature | None) -> ServedModel:
        """Returns the model in a folder with that signature."""
        held = self._held.get(signature) if signature else None
        if held is not None:
            return held
        with span("load model", folder=folder.name):
            model = self._container.open_model().in_folder(folder)
        served = ServedModel(model, self._container.explainer)
        if signature:
            self._held[signature] = served
        log_event(_logger, "model_loaded", model=model.stored.name, digest=model.stored.digest[:12])
        return served


class ReloadingModel:
    """The model of one name, or the error of loading it. It is safe to use from many threads.

    With `pin`, the name is resolved once and for all. With `listed`, it means only models that the store lists. If a
    `kind` is given, a model of another kind is refused.
    """

    def __init__(
        self,
        reference: str,
        bundles: Bundles,
        clock: Callable[[], float],
        *,
        pin: bool = False,
        listed: bool = False,
        kind: str | None = None,
    ) -> None:
        self.reference = reference
        self.served: ServedModel | None = None
        self.error: ArxivClassifierError | None = None
        self._bundles = bundles
        self._locate = bundles.locate_listed if listed else bundles.locate
        self._clock = clock
        self._pin = pin
        self._kind = kind
        self._folder: Path | None = None
        self._signature: _Signature | None = None
        self._lock = threading.Lock()
        self._tried = 0.0
        self._looked = 0.0
        self._said: tuple[str, float] = ("", 0.0)

    def current(self) -> ServedModel:
        """Returns the model. Raises an error if it cannot be loaded.

        Callers wait only for the first attempt. A thread makes later attempts, five seconds apart, and checks for
        another bundle once a second, because a registry on another machine may be slow.
        """
        if self.served is None and self.error is None:
            with turn_given_up(), self._lock:
                if self.served is None and self.error is None:
                    self._renew()
        elif self.served is None:
            if self._may_try() and (attempt := self._begin()):
                with turn_given_up():
                    attempt.join(_PATIENCE)
        elif self._clock() - self._looked > _LOOK_EVERY:
            self._looked = self._clock()
            if self._may_try():
                self._begin()
        if self.served is None:
            raise (self.error or ModelNotFoundError(f"There is no model {self.reference!r}.")).with_traceback(None)
        return self.served

    def start(self) -> None:
        """Loads the model for the first time. Raises an error if it cannot be loaded.

        A registry that cannot be reached raises nothing. That is logged, and `current` tries again.
        """
        with self._lock:
            try:
                self._load()
            except RegistryUnavailableError as error:
                self._refuse(error)

    def renew(self) -> None:
        """Checks now for another bundle, and loads it before it returns."""
        self._lock.acquire()
        self._renew_and_release()

    def after_fork(self) -> None:
        """Releases the lock in a forked process, where the thread that held it does not exist."""
        self._lock = threading.Lock()

    def catch_up(self, patience: float) -> None:
        """Checks for another bundle, and waits for it for `patience` seconds. Then the thread goes on alone."""
        if attempt := self._begin():
            attempt.join(max(0.0, patience))

    def _may_try(self) -> bool:
        return self.error is None or self._clock() - self._tried >= _RETRY_AFTER

    def _begin(self) -> threading.Thread | None:
        """Returns a thread that renews the model; None if one is running."""
        if not self._lock.acquire(blocking=False):
            return None
        thread = threading.Thread(target=self._renew_and_release, daemon=True, name="reload")
        thread.start()
        return thread

    def _renew_and_release(self) -> None:
        try:
            self._renew()
        except Exception as error:  # the thread's outermost edge: a registry's library may raise any exception
            self._refuse(ConfigurationError(str(error)), error)
        finally:
            self._lock.release()

    def _load(self) -> None:
        folder = self._folder or self._locate(self.reference)
        if self._pin:
            self._folder = folder
        signature = _signature_of(folder)  # taken before reading, so that a change meanwhile is found at the next check
        if self.served is None or signature is None or signature != self._signature:
            served = self._bundles.load(folder, signature)
            if self._kind is not None:
                refuse_other_kind(self._kind, self.reference, served.model.stored.card.kind)
            self.served, self._signature = served, signature

    def _renew(self) -> None:
        try:
            self._load()
        except ArxivClassifierError as error:
            self._refuse(error)
        except OSError as error:
            self._refuse(ConfigurationError(str(error)))
        else:
            self.error, self._said = None, ("", 0.0)

    def _refuse(self, error: ArxivClassifierError, unforeseen: Exception | None = None) -> None:
        metrics.REFUSALS.labels(self.reference).inc()
        text, said = self._said
        if text != str(error) or self._clock() - said >= _SAY_AGAIN_AFTER:
            self._said = str(error), self._clock()
            log_event(
                _logger,
                "model_refused",
                level=logging.ERROR,
                exception=unforeseen,
                model=self.reference,
                reason=str(error),
            )
        self.error, self._tried = error, self._clock()


def _signature_of(folder: Path) -> _Signature | None:
    """Returns values that identify a bundle without reading it; None if there is no bundle."""
    try:
        state = (folder / "manifest.json").stat()
    except OSError:
        return None
    return str(folder), state.st_mtime_ns, state.st_ino
