"""The JSON of a registered version and of the aliases of a name."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from domain.errors import CorruptModelError, InvalidInputError
from domain.log_events import log_event
from domain.registered_model import Alias, AliasChange, RegisteredModel, check_alias

_logger = logging.getLogger(__name__)
_TEXTS = ("model", "digest", "created", "registered", "fingerprint", "data", "source", "run", "notes", "by")


def entry_json(model: RegisteredModel) -> str:
    """Returns the record of a version."""
    return json.dumps(asdict(model), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_entry(text: bytes | str, where: str) -> RegisteredModel:
    """Returns the version in `text`. Raises CorruptModelError, which names `where`, for anything else."""
    try:
        values = _mapping(json.loads(text))
        known = {field.name for field in fields(RegisteredModel)}
        given = {name: value for name, value in values.items() if name in known}
        for name in _TEXTS:
            if not isinstance(given.get(name, ""), str):
                raise ValueError(f"{name!r} is not text")
        model = RegisteredModel(**{**given, "categories": tuple(map(str, given["categories"]))})
        if type(model.version) is not int or type(model.size) is not int or not _are_metrics(model.metrics):
            raise ValueError("'version', 'size' or 'metrics' is not a number")
        _ = model.reference  # checks the name
        return model
    except (KeyError, TypeError, ValueError, RecursionError, InvalidInputError) as error:
        raise corrupt(where, error, "Register the model again.") from error


def readable(entries: Iterable[Callable[[], RegisteredModel]]) -> tuple[RegisteredModel, ...]:
    """Returns the versions whose records can be read. Others are logged and left out."""
    found = []
    for entry in entries:
        try:
            found.append(entry())
        except CorruptModelError as error:
            log_event(_logger, "registration_unreadable", f"A version is left out: {error}", level=logging.WARNING)
    return tuple(found)


def aliases_json(aliases: Sequence[Alias]) -> str:
    """Returns the record of every alias of a name with all its moves."""
    moves = {alias.name: [asdict(change) for change in alias.history] for alias in aliases}
    return json.dumps(moves, indent=1, ensure_ascii=False) + "\n"


def read_aliases(text: bytes | str, where: str) -> tuple[Alias, ...]:
    """Returns the aliases in `text`, sorted. Raises CorruptModelError, which names `where`, for anything else."""
    try:
        moves = {name: tuple(map(read_change, rows)) for name, rows in _mapping(json.loads(text)).items()}
        for name in moves:
            check_alias(name)
        return tuple(Alias(name, history[-1].version, history) for name, history in sorted(moves.items()))
    except (IndexError, KeyError, TypeError, ValueError, RecursionError, InvalidInputError) as error:
        raise corrupt(where, error, "Put a copy of it back, or remove it and promote again.") from error


def change_json(change: AliasChange) -> str:
    """Returns the record of one move of an alias."""
    return json.dumps(asdict(change), ensure_ascii=False)


def read_change(row: Any) -> AliasChange:
    """Returns the move in a row of JSON. Raises ValueError, TypeError or KeyError for anything else."""
    change = AliasChange(row["version"], row["previous"], row["action"], str(row["at"]), str(row["by"]))
    for number in (change.version, *([] if change.previous is None else [change.previous])):
        if type(number) is not int or number < 1:
            raise ValueError(f"{number!r} is not a version")
    if change.action not in ("promote", "rollback"):
        raise ValueError(f"{change.action!r} is neither a promotion nor a rollback")
    return change


def corrupt(where: str, error: Exception, remedy: str) -> CorruptModelError:
    """Returns the error for a record that cannot be read."""
    reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
    return CorruptModelError(f"{where} cannot be read: {reason}. {remedy}")


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"it is a {type(value).__name__}, not a mapping")
    return value


def _are_metrics(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(named, dict) and all(type(number) in (int, float) for number in named.values())
        for named in value.values()
    )
