"""The number of processes that predict."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from domain.address import is_address
from domain.errors import InvalidInputError
from domain.model_bundle import StoredModel

if TYPE_CHECKING:
    from entrypoints.container import Container

PAPERS_ALONE = 20_000
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


def papers_alone(rows: int | None) -> int:
    """Returns how many papers one process predicts before others start.

    A file that is known to have more `rows` needs no such papers. None means an unknown number.
    """
    return 0 if rows is not None and rows > PAPERS_ALONE else PAPERS_ALONE


def known_rows(sources: Sequence[str], format: str | None, container: "Container") -> int | None:
    """Returns the number of rows of local parquet files, or None for other sources."""
    if not sources or "-" in sources or any(map(is_address, sources)):
        return None
    counts: list[int] | None = container.row_counts(container.input_files(sources, format), format)
    return None if counts is None else sum(counts)


def usable_cores() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
