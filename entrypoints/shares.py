"""Reads the shares of primary categories in a population: arXiv's own, or those of a file."""

import csv
import hashlib
import io
import json
from math import isfinite
from pathlib import Path

from domain.category import Category
from domain.errors import ConfigurationError, InvalidInputError
from entrypoints.resources import configs
from entrypoints.settings import Settings

ARXIV = "arxiv"
_COLUMNS = ("category", "share")
_FORM = 'Write CSV with the columns category and share, or JSON such as {"cs.LG": 0.09, "math.AP": 0.02}.'


def arxiv_shares() -> dict[str, float]:
    """Returns the share of each arXiv category among new papers, by primary category. Retired ones have 0."""
    return load_shares(ARXIV)


def shares_of(settings: Settings) -> dict[str, float] | None:
    """Returns the shares that the setting `weights` names; None if it is not set."""
    return None if settings.weights is None else load_shares(settings.weights)


def weighing(settings: Settings) -> dict[str, object]:
    """Returns the configuration's record of `weights`: its source and the SHA-256 of its shares, or nothing."""
    shares = shares_of(settings)
    if shares is None:
        return {}
    digest = hashlib.sha256(json.dumps(shares, sort_keys=True).encode()).hexdigest()
    return {"weights": {"source": settings.weights, "sha256": digest}}


def load_shares(reference: str) -> dict[str, float]:
    """Returns the shares of a CSV or JSON file, or arXiv's own for `arxiv`. They need not sum to 1.

    JSON is an object of shares, or has one under `shares`. Raises ConfigurationError for a file that cannot be read, an
    invalid or repeated category, and a share that is negative or no number.
    """
    path = configs() / "arxiv_shares.json" if reference == ARXIV else Path(reference)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise ConfigurationError(f"The shares {path} cannot be read: {reason}.") from error
    pairs = _of_json(text, path) if text.lstrip()[:1] in ("{", "[") else _of_csv(text, path)
    shares: dict[str, float] = {}
    for name, value in pairs:
        if name in shares:
            raise ConfigurationError(f"The shares {path} name {name} twice. Give each category one share.")
        shares[_category(name, path)] = _share(name, value, path)
    if not sum(shares.values()):
        raise ConfigurationError(f"The shares {path} have no category with a share above 0. {_FORM}")
    return shares


def _of_json(text: str, path: Path) -> list[tuple[str, object]]:
    try:
        content = json.loads(text, object_pairs_hook=lambda pairs: pairs)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"The shares {path} are not JSON: {error}. {_FORM}") from error
    inner = next((value for name, value in content if name == "shares"), content) if _is_object(content) else content
    if not _is_object(inner):
        raise ConfigurationError(f"The shares {path} are no object of categories. {_FORM}")
    return list(inner)


def _is_object(content: object) -> bool:
    """Returns whether the content is an object, which the reader gives as a list of pairs."""
    return isinstance(content, list) and all(isinstance(each, tuple) for each in content)


def _of_csv(text: str, path: Path) -> list[tuple[str, object]]:
    try:
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise ConfigurationError(f"The shares {path} are not CSV: {error}. {_FORM}") from error
    if not rows or not set(_COLUMNS) <= set(rows[0]):
        raise ConfigurationError(f"The shares {path} have not the columns category and share. {_FORM}")
    return [((row["category"] or "").strip(), row["share"]) for row in rows]


def _category(name: str, path: Path) -> str:
    try:
        return Category.parse(name).identifier
    except InvalidInputError as error:
        raise ConfigurationError(
            f"The shares {path}: {error} Shares are of arXiv's categories. Weigh papers of other labels with a column "
            "weight."
        ) from error


def _share(name: str, value: object, path: Path) -> float:
    try:
        share = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else -1.0
    except (ValueError, OverflowError):
        share = -1.0
    if not isfinite(share) or share < 0:
        raise ConfigurationError(f"The share of {name} in {path} is {value!r}. Give a number from 0.")
    return share
