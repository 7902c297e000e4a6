"""One model that a server asks for by a name: loaded once, and renewed when the name means another bundle."""

import threading
from collections.abc import Callable
from pathlib import Path
from weakref import WeakValueDictionary

import structlog

from application.open_model import LoadedModel
from domain.errors import ArxivClassifierError, ConfigurationError, ModelNotFoundError, RegistryUnavailableError
from domain.ports.explainer import Explainer
from entrypoints.container import Container
from entrypoints.rest import metrics
from entrypoints.rest.http.gil_turns import aside
from entrypoints.served_kind import refuse_other_kind

_logger = structlog.get_logger(__name__)
_RETRY_AFTER = 5.0
_LOOK_EVERY = 1.0
_SAY_AGAIN_AFTER = 60.0
_PATIENCE = 1.0  # seconds that the one request that begins another attempt waits for it
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


class Bundles:
    """Finds and loads bundles; names that mean the same one share what is loaded."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._held: WeakValueDictionary[_Signature, Served] = WeakValueDictionary()

    def locate(self, reference: str) -> Path:
        """The folder that a name means now."""
        store = self._container.model_store()
        return store.locate(reference)

    def locate_listed(self, name: str) -> Path:
        """The folder of a model that the store lists, which is all that a request may name."""
        store = self._container.model_store()
        return store.locate_listed(name)

    def load(self, folder: Path, signature: _Signature | None) -> Served:
        """The model in a folder that has that signature."""
        held = self._held.get(signature) if signature else None
        if held is not None:
            return held
        model = self._container.loaded_model(str(folder))
        served = Served(model, self._container.explainer)
        if signature:
            self._held[signature] = served
        _logger.info("model_loaded", model=model.stored.name, digest=model.stored.digest[:12])
        return served


class Slot:
    """One model that is asked for by the same name, and what became of loading it; safe to ask from many threads.

    With `pin`, what the name means is found once and holds from then on; with `listed`, it means only what the store
    lists. A model of another kind than `kind` is refused, where one is given.
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
        self.served: Served | None = None
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

    def current(self) -> Served:
        """The model; one that cannot be loaded raises why.

        Only the first attempt is waited for: later ones, five seconds apart, and looks for another bundle, a second
        apart, are a thread's, since a registry on another machine may take its time.
        """
        if self.served is None and self.error is None:
            with aside(), self._lock:
                if self.served is None and self.error is None:
                    self._renew()
        elif self.served is None:
            if self._may_try() and (attempt := self._begin()):
                with aside():
                    attempt.join(_PATIENCE)
        elif self._clock() - self._looked > _LOOK_EVERY:
            self._looked = self._clock()
            if self._may_try():
                self._begin()
        if self.served is None:
            raise (self.error or ModelNotFoundError(f"There is no model {self.reference!r}.")).with_traceback(None)
        return self.served

    def start(self) -> None:
        """Loads the model for the first time; one that cannot be loaded raises why.

        A registry that cannot be reached raises nothing: that is logged, and tried again as in `current`.
        """
        with self._lock:
            try:
                self._load()
            except RegistryUnavailableError as error:
                self._refuse(error)

    def renew(self) -> None:
        """Looks now for another bundle, and loads it before it returns."""
        self._lock.acquire()
        self._renew_and_release()

    def after_fork(self) -> None:
        """In a process just forked: forgets a thread that held the lock and is not here."""
        self._lock = threading.Lock()

    def catch_up(self, patience: float) -> None:
        """Looks for another bundle, and waits for so many seconds for it; then the thread goes on alone."""
        if attempt := self._begin():
            attempt.join(max(0.0, patience))

    def _may_try(self) -> bool:
        return self.error is None or self._clock() - self._tried >= _RETRY_AFTER

    def _begin(self) -> threading.Thread | None:
        """A thread that renews the model; None where one does so already."""
        if not self._lock.acquire(blocking=False):
            return None
        thread = threading.Thread(target=self._renew_and_release, daemon=True, name="reload")
        thread.start()
        return thread

    def _renew_and_release(self) -> None:
        try:
            self._renew()
        except Exception as error:  # the thread's outermost edge: a registry's library may raise whatever it likes
            self._refuse(ConfigurationError(str(error)), error)
        finally:
            self._lock.release()

    def _load(self) -> None:
        folder = self._folder or self._locate(self.reference)
        if self._pin:
            self._folder = folder
        signature = _signature_of(folder)  # before reading: what changes meanwhile is looked at again
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
            _logger.error("model_refused", model=self.reference, reason=str(error), exc_info=unforeseen)
        self.error, self._tried = error, self._clock()


def _signature_of(folder: Path) -> _Signature | None:
    """What tells one bundle from another without reading it; None where there is none."""
    try:
        state = (folder / "manifest.json").stat()
    except OSError:
        return None
    return str(folder), state.st_mtime_ns, state.st_ino
