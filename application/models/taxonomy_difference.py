"""Describes how the categories of two models differ."""

from collections.abc import Sequence

_MOST = 10


def difference(old: Sequence[str], new: Sequence[str]) -> str:
    """Returns in words what `new` adds to and lacks from `old`, both in column order, with at most ten of each."""
    added, gone = ([one for one in here if one not in set(there)] for here, there in ((new, old), (old, new)))
    parts = [f"it {verb} {_listed(names)}" for verb, names in (("adds", added), ("lacks", gone)) if names]
    if parts:
        return " and ".join(parts)
    return "the same ones in another order" if list(old) != list(new) else "the same ones with other aliases"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more
