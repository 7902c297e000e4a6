"""Reads which categories a model is to know, and what arXiv says of them, from the configuration files."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from domain.category import Category
from domain.errors import ConfigurationError, InvalidInputError
from domain.lifetime import Lifetime
from domain.taxonomy import CategoryInfo, Taxonomy
from entrypoints.resources import configs

_SELECTED = "selected_categories"


def load_taxonomy(selection: Path | str | Sequence[str] | None = None) -> Taxonomy:
    """The taxonomy of a selection, in its order: a JSON file, a list of identifiers, or None for categories.json.

    The file holds a list of identifiers, or an object with that list under `selected_categories`.
    """
    path = configs() / "categories.json" if selection is None else selection
    if isinstance(path, Path | str):
        return _chosen(_identifiers(Path(path)), where=str(path))
    return _chosen(list(path), where="The setting categories")


def all_categories() -> Taxonomy:
    """Every category of arXiv's taxonomy, the retired ones among them."""
    path = configs() / "categories_all.json"
    return Taxonomy(tuple(_info(entry) for entry in _json(path)["categories"]))  # type: ignore[index]  # our own file; its form is tested


def current_categories() -> Taxonomy:
    """The categories in which papers can be filed today: all but the retired ones."""
    return Taxonomy(tuple(info for info in all_categories().infos if info.retired is None))


@cache
def lifetimes() -> Mapping[Category, Lifetime]:
    """When each of arXiv's categories could be given to a paper, of those for which that is bounded.

    Categories that arXiv gave to many papers from before they started have no beginning here.
    """
    found = {}
    for entry in _json(configs() / "categories_all.json")["categories"]:  # type: ignore[index]  # as in all_categories
        first = None if entry.get("older") else entry["started"]
        if first or entry["retired"]:
            found[Category.parse(entry["category"])] = Lifetime(first, entry["retired"])
    return found


def _chosen(identifiers: Sequence[object], *, where: str) -> Taxonomy:
    try:
        return all_categories().subset([Category.parse(str(identifier)) for identifier in identifiers])
    except InvalidInputError as error:
        raise ConfigurationError(f"{where}: {error}") from error


def _identifiers(path: Path) -> Sequence[object]:
    content = _json(path)
    listed = content.get(_SELECTED) if isinstance(content, dict) else content
    if not isinstance(listed, list):
        raise ConfigurationError(
            f"{path} lists no categories. Write a JSON list of them, or an object with the list under {_SELECTED!r}."
        )
    return listed


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"The category file {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigurationError(f"The category file {path} is not JSON: {error}.") from error


def _info(entry: dict[str, str | None]) -> CategoryInfo:
    alias = entry["alias"]
    return CategoryInfo(
        category=Category.parse(str(entry["category"])),
        name=str(entry["name"]),
        group=str(entry["group"]),
        description=entry["description"] or "",
        alias=Category.parse(alias) if alias else None,
        started=entry["started"],
        retired=entry["retired"],
    )
