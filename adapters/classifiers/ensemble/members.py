"""The file in which an ensemble's bundle names its members: `ensemble.json`."""

import json
from collections.abc import Sequence
from pathlib import Path

from domain.ensemble import EnsembleMember
from domain.errors import CorruptModelError

FILE = "ensemble.json"


def write_members(folder: Path, members: Sequence[EnsembleMember]) -> None:
    """Writes the members into an existing folder."""
    rows = [{"model": member.model, "manifest_sha256": member.digest, "weight": member.weight} for member in members]
    (folder / FILE).write_text(json.dumps({"members": rows}, indent=1) + "\n", "utf-8")


def read_members(folder: Path) -> tuple[EnsembleMember, ...]:
    """The members that `write_members` wrote, at least one; a file that is none is a CorruptModelError."""
    path = folder / FILE
    try:
        rows = json.loads(path.read_bytes())["members"]
        members = tuple(_member(row) for row in rows)
        if not members:
            raise ValueError("it names no member")
    except (OSError, KeyError, TypeError, ValueError, RecursionError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
        raise CorruptModelError(
            f"{path} cannot be read: {reason}. Copy the bundle again, or build it again."
        ) from error
    return members


def _member(row: dict[str, object]) -> EnsembleMember:
    weight = row["weight"]
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise ValueError(f"{weight!r} is no weight")
    return EnsembleMember(str(row["model"]), str(row["manifest_sha256"]), float(weight))
