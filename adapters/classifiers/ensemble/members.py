"""The file `ensemble.json`, which names an ensemble's members in its bundle."""

import json
from collections.abc import Sequence
from pathlib import Path

from domain.ensemble import EnsembleMember
from domain.errors import CorruptModelError
from domain.json_object import parse_json_object

FILE = "ensemble.json"


def write_members(folder: Path, members: Sequence[EnsembleMember]) -> None:
    """Writes the members into an existing folder."""
    rows = [{"model": member.model, "manifest_sha256": member.digest, "weight": member.weight} for member in members]
    (folder / FILE).write_text(json.dumps({"members": rows}, indent=1) + "\n", "utf-8")


def read_members(folder: Path) -> tuple[EnsembleMember, ...]:
    """Returns the members that `write_members` wrote, at least one. Raises CorruptModelError for an invalid file."""
    path = folder / FILE
    try:
        rows = parse_json_object(path.read_bytes())["members"]
        if not isinstance(rows, list) or not rows:
            raise ValueError("it names no member")
        members = tuple(_member(row) for row in rows)
        if len({member.digest for member in members}) < len(members):
            raise ValueError("it names a member twice")
    except (OSError, KeyError, ValueError, OverflowError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
        raise CorruptModelError(
            f"{path} cannot be read: {reason}. Copy the bundle again, or build it again."
        ) from error
    return members


def _member(row: object) -> EnsembleMember:
    if not isinstance(row, dict):
        raise ValueError(f"a member is a {type(row).__name__}, not an object")
    model, digest, weight = row["model"], row["manifest_sha256"], row["weight"]
    if not isinstance(model, str) or not isinstance(digest, str):
        raise ValueError(f"{model!r} with the SHA-256 {digest!r} is not a member")
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise ValueError(f"{weight!r} is not a weight")
    return EnsembleMember(model, digest, float(weight))
