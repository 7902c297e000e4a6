"""The number of processes that predict."""

import os

from domain.errors import InvalidInputError
from domain.model_bundle import StoredModel

_ONE_CORE_EACH = ("baseline",)  # kinds that use one core; the others use all of them


def workers_of(asked: int | None, model: StoredModel) -> int:
    """Returns the number of processes: the one asked for, else one per core that this process may use.

    Kinds that use all cores themselves get one process. Raises InvalidInputError if more are asked for with them.
    """
    kind = model.card.kind
    if kind in _ONE_CORE_EACH:
        return asked or usable_cores()
    if asked is not None and asked > 1:
        raise InvalidInputError(f"--workers goes with the kind baseline. A model of kind {kind} uses all cores itself.")
    return 1


def usable_cores() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
