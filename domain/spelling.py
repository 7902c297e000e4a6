"""Finds the known word that a typed word misspells."""

from collections.abc import Iterable

_LEAST_BEGINNING = 4
_MOST_EDITS = 3
_LONGEST = 60


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Returns the known word that `word` plausibly misspells or begins, or None.

    An edit adds, removes or replaces a letter, or swaps two neighbours (Damerau 1964). A misspelling has one edit. If
    its first letter is right, it may have one for every three letters, up to three.
    Case does not matter, nor whether parts are joined by a hyphen or an underscore. Leading parts that both words
    share, such as the prefix of an environment variable, do not count as letters.
    """
    typed = _plain(word)
    if len(typed) > _LONGEST:
        return None
    ranked = sorted((rank, each) for each in known if (rank := _rank(typed, _plain(each))) is not None)
    return ranked[0][1] if ranked else None


def _rank(typed: str, known: str) -> tuple[int, bool] | None:
    """Returns the number of edits to a known word, and whether they change the first letter.

    A word that `typed` begins needs none. A different word has no rank.
    """
    left, right = _without_shared_parts(typed, known)
    if _begins(left, right):
        return 0, False
    allowed = min(len(left), 1)
    if left[:1] == right[:1]:
        allowed = max(allowed, min(len(left) // 3, _MOST_EDITS))
    if abs(len(left) - len(right)) > allowed:
        return None
    edits = _edits(left, right)
    return (edits, left[:1] != right[:1]) if edits <= allowed else None


def _begins(left: str, right: str) -> bool:
    """Returns whether `left` begins `right` with enough letters or with a whole part of it."""
    rest = right[len(left) :]
    return right.startswith(left) and (len(left) >= _LEAST_BEGINNING or (len(left) > 1 and rest.startswith("-")))


def _plain(word: str) -> str:
    return word.lstrip("-").replace("_", "-").casefold()


def _without_shared_parts(left: str, right: str) -> tuple[str, str]:
    while "-" in left and "-" in right and left.partition("-")[0] == right.partition("-")[0]:
        left, right = left.partition("-")[2], right.partition("-")[2]
    return left, right


def _edits(left: str, right: str) -> int:
    """Returns the edits between two words (optimal string alignment).

    Each pair of neighbours is swapped at most once.
    """
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, start=1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(right, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
