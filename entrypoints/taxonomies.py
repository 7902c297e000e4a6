"""Reads the categories of a model, and arXiv's data on them, from the configuration files."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from application.papers.label_choice import LabelChoice
from domain.category import Category
from domain.errors import ConfigurationError, InvalidInputError
from domain.label import Label
from domain.lifetime import Lifetime
from domain.taxonomy import CategoryInfo, Taxonomy
from entrypoints.resources import configs

_SELECTED = "selected_categories"
_TOP = re.compile(r"top:(\d{1,6})")


def load_taxonomy(selection: Path | str | Sequence[str] | None = None) -> Taxonomy:
    """Returns the taxonomy of a selection, in its order: a JSON file, a list of ids, or None for categories.json.

    The file holds a list of identifiers, or an object with that list under `selected_categories`.
    """
    path = configs() / "categories.json" if selection is None else selection
    if isinstance(path, Path | str):
        return _chosen(_identifiers(Path(path)), where=str(path))
    return _chosen(list(path), where="The setting categories")


def all_categories() -> Taxonomy:
    """Returns every category of arXiv's taxonomy, including retired ones."""
    path = configs() / "categories_all.json"
    return Taxonomy(tuple(_info(entry) for entry in _json(path)["categories"]))  # type: ignore[index]  # our own file; its form is tested


def current_categories() -> Taxonomy:
    """Returns the categories in which papers can be filed today: all but the retired ones."""
    return Taxonomy(tuple(info for info in all_categories().infos if info.retired is None))


@cache
def lifetimes() -> Mapping[Label, Lifetime]:
    """Returns the months in which arXiv used each category, for categories with a known start or end.

    Categories that arXiv gave to many papers from before their start have no start here.
    """
    found: dict[Label, Lifetime] = {}
    for entry in _json(configs() / "categories_all.json")["categories"]:  # type: ignore[index]  # as in all_categories
        first = None if entry.get("older") else entry["started"]
        if first or entry["retired"]:
            found[Category.parse(entry["category"])] = Lifetime(first, entry["retired"])
    return found


def usual_categories(selection: str | Sequence[str] | None) -> Taxonomy:
    """Returns the arXiv categories to learn if a selection names none."""
    return {"all": all_categories, "current": current_categories}.get(str(selection), load_taxonomy)()


def label_choice(selection: str | Sequence[str] | None, min_papers: int) -> LabelChoice:
    """Returns the choice of a selection: `top:N`, a JSON file, names separated by commas, or a list of names.

    Names that contain commas are given as a JSON list.
    """
    if selection in (None, "all", "current"):
        return LabelChoice(min_papers=min_papers)
    if not isinstance(selection, str):
        return LabelChoice(tuple(map(str, selection or ())), min_papers=min_papers)
    if selection.startswith("top:") and not _TOP.fullmatch(selection):
        raise ConfigurationError(
            f"--categories {selection} is no number of labels. Write top:20 for the 20 most frequent."
        )
    if found := _TOP.fullmatch(selection):
        return LabelChoice(top=int(found[1]), min_papers=min_papers)
    return LabelChoice(tuple(map(str, _named(selection))), min_papers=min_papers)


def label_names(path: Path | None) -> Mapping[str, str]:
    """Returns the names of labels in a file: CSV with the columns label and name, or a JSON object by label."""
    if path is None:
        return {}
    if path.suffix.lower() == ".json":
        content = _json(path)
        if not isinstance(content, dict) or not all(isinstance(name, str) for name in content.values()):
            raise ConfigurationError(f'{path} names no labels. Write a JSON object such as {{"Q1": "Soil science"}}.')
        return content
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"The names of labels in {path} cannot be read: {reason}.") from error
    if not rows or not {"label", "name"} <= rows[0].keys():
        raise ConfigurationError(f"{path} names no labels. Write CSV with the columns label and name.")
    names: dict[str, str] = {}
    for row in rows:
        label, name = (row["label"] or "").strip(), (row["name"] or "").strip()
        if label and names.setdefault(label, name) != name:
            raise ConfigurationError(f"{path} names {label} twice: {names[label]!r} and {name!r}. Keep one of them.")
    return names


def _named(selection: str) -> Sequence[object]:
    path = Path(selection)
    if path.suffix.lower() == ".json" or path.is_file():
        return _identifiers(path)
    if selection.lstrip().startswith("["):
        try:
            listed = json.loads(selection)
        except ValueError as error:
            raise ConfigurationError(f"The setting categories is no JSON list: {error}.") from error
        return listed if isinstance(listed, list) else []
    return [name.strip() for name in selection.split(",") if name.strip()]


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
