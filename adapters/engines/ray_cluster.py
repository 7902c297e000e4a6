"""Work on a Ray cluster, with one actor for each core."""

import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from domain.errors import (
    ArxivClassifierError,
    ConfigurationError,
    CorruptModelError,
    DatasetUnavailableError,
    IncompatibleModelError,
    InvalidInputError,
    ModelNotFoundError,
)
from domain.ports.engine import Engine, Item, Result

_AHEAD = 2  # items of an actor at a time: one is worked on, one waits
_DEATHS = 3  # how many actors may die with the same item
_ERRORS = (
    InvalidInputError,
    ConfigurationError,
    ModelNotFoundError,
    IncompatibleModelError,
    CorruptModelError,
    DatasetUnavailableError,
)
# Ray would report its use to another host, and give its workers a copy of the folder of `uv run`.
_ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
_PATIENCE_SECONDS = 10


class RayEngine(Engine):
    """Gives items to actors, each of which holds a core and opens its worker once.

    `address` is that of a cluster. None is the cluster that the environment variable RAY_ADDRESS or `ray start` on this
    machine names, or else a new one of `cores` cores on this machine, which ends with the work. Actors are added as
    nodes join. If a node is lost, its items are done again on others.
    """

    def __init__(self, address: str | None = None, *, cores: int | None = None) -> None:
        self._address = address
        self._cores = cores

    @override
    def map(self, open_worker: Callable[[], Callable[[Item], Result]], items: Iterable[Item]) -> Iterator[Result]:
        with _cluster(self._address, self._cores) as ray:
            yield from _Work(ray, open_worker, iter(items)).results()


@contextmanager
def _cluster(address: str | None, cores: int | None) -> Iterator[Any]:
    """Connects to a cluster, or starts one, and lets go of it at the end."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import ray

    found = address or os.environ.get("RAY_ADDRESS")
    if found:
        _refuse_unreachable(found)
    options: dict[str, Any] = {} if found else {"num_cpus": cores, "include_dashboard": False}
    try:
        ray.init(address=found, log_to_driver=False, logging_level=logging.ERROR, **options)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise _unreachable(found, error) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _refuse_unreachable(address: str) -> None:
    """Raises ConfigurationError if nothing listens at HOST:PORT. Ray itself would wait for minutes."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if not colon or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str | None, error: Exception) -> ConfigurationError:
    reason = str(error).partition("\n")[0].rstrip(".")
    return ConfigurationError(
        f"No Ray cluster could be reached at {address or 'this machine'}: {reason}. Start one with `ray start --head`, "
        "and name it with --ray-address. A cluster with a token needs it in RAY_AUTH_TOKEN."
    )


class _Failure:
    """An error of a worker that has a sentence for the user."""

    def __init__(self, error: ArxivClassifierError) -> None:
        self.kind = next((kind for kind in _ERRORS if isinstance(error, kind)), ArxivClassifierError)
        self.sentence = str(error)


class _Worker:
    """Runs in an actor. It opens its worker when it is first asked for anything."""

    def __init__(self, open_worker: Callable[[], Callable[[Any], Any]]) -> None:
        self._open = open_worker
        self._work: Callable[[Any], Any] | None = None

    def ready(self) -> _Failure | None:
        """Opens the worker."""
        try:
            self._work = self._open()
        except ArxivClassifierError as error:
            return _Failure(error)
        return None

    def work(self, item: Any) -> Any:
        """Returns the result of an item, or the failure."""
        try:
            return self._work(item)  # type: ignore[misc]  # `ready` has opened it
        except ArxivClassifierError as error:
            return _Failure(error)


@dataclass(slots=True, eq=False)
class _Task:
    """An item, and how many actors died with it."""

    item: Any
    deaths: int = 0


@dataclass(slots=True, eq=False)
class _Actor:
    """An actor with its tasks in order, by the reference to their results."""

    handle: Any
    opening: Any
    tasks: dict[Any, _Task] = field(default_factory=dict)


class _Work:
    """The actors of one call of `map`, and the items that they have."""

    def __init__(self, ray: Any, open_worker: Callable[[], Callable[[Item], Result]], items: Iterator[Item]) -> None:
        self._ray = ray
        self._kind = ray.remote(num_cpus=1, max_restarts=0)(_Worker)
        self._open_worker = ray.put(open_worker)
        self._items = items
        self._again: deque[_Task] = deque()
        self._opening: dict[Any, _Actor] = {}
        self._open: list[_Actor] = []
        self._all_given = False

    def results(self) -> Iterator[Any]:
        """Yields results as they come."""
        while True:
            self._start_actors()
            self._give()
            waited_for = [*self._opening, *(ref for actor in self._open for ref in actor.tasks)]
            if self._is_done():
                return
            done, _ = self._ray.wait(waited_for, num_returns=1, timeout=1.0)
            for reference in done:
                yield from self._taken(reference)

    def _is_done(self) -> bool:
        return self._all_given and not self._again and not any(actor.tasks for actor in self._open)

    def _start_actors(self) -> None:
        """Starts an actor for each core that has none."""
        cores = max(1, int(self._ray.cluster_resources().get("CPU", 0)))
        for _ in range(cores - len(self._open) - len(self._opening)):
            handle = self._kind.remote(self._open_worker)
            opening = handle.ready.remote()
            self._opening[opening] = _Actor(handle, opening)

    def _give(self) -> None:
        """Gives items to the actors with the fewest."""
        while self._open:
            actor = min(self._open, key=lambda each: len(each.tasks))
            if len(actor.tasks) >= _AHEAD or (task := self._next()) is None:
                return
            actor.tasks[actor.handle.work.remote(task.item)] = task

    def _next(self) -> _Task | None:
        if self._again:
            return self._again.popleft()
        if not self._all_given:
            for item in self._items:
                return _Task(item)
            self._all_given = True
        return None

    def _taken(self, reference: Any) -> Iterator[Any]:
        """Yields the result that a reference stands for, if it is one."""
        actor = self._opening.get(reference) or next(each for each in self._open if reference in each.tasks)
        try:
            result = self._ray.get(reference)
        except self._ray.exceptions.RayActorError as error:
            self._lost(actor, error)
            return
        except self._ray.exceptions.ObjectLostError:  # of a node that was lost after the work
            self._again.append(actor.tasks.pop(reference))
            return
        if isinstance(result, _Failure):
            raise result.kind(result.sentence)
        if self._opening.pop(reference, None):
            self._open.append(actor)
        else:
            del actor.tasks[reference]
            yield result

    def _lost(self, actor: _Actor, error: Exception) -> None:
        """Keeps the tasks of an actor that died for others."""
        self._opening.pop(actor.opening, None)
        self._open = [each for each in self._open if each is not actor]
        tasks = list(actor.tasks.values())
        for task in tasks[:1]:
            task.deaths += 1
            if task.deaths == _DEATHS:
                reason = str(error).strip().partition("\n")[0].rstrip(".")
                raise ArxivClassifierError(
                    f"{_DEATHS} actors ended with the same work: {reason}. Give the nodes more memory, or smaller "
                    "--rows-per-part."
                ) from error
        self._again.extend(tasks)
