"""Compares the metrics, configuration, categories, data and size of two stored models."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from application.models.taxonomy_difference import difference
from domain.model_bundle import ModelCard, StoredModel


@dataclass(frozen=True, slots=True)
class Compared:
    """One entry of a comparison: its section, its name, and each model's value or None.

    Metrics of different categories are shown and not subtracted, so they are not `comparable`.
    """

    section: str
    name: str
    left: object
    right: object
    comparable: bool = True

    @property
    def differs(self) -> bool:
        """Whether the values differ."""
        return self.left != self.right

    @property
    def change(self) -> float | None:
        """The number of `right` minus that of `left`. None if either is no number, or they are not comparable."""
        if not self.comparable:
            return None
        numbers = [value for value in (self.left, self.right) if type(value) in (int, float)]
        return numbers[1] - numbers[0] if len(numbers) == 2 else None  # type: ignore[operator]  # both are numbers


def compare_models(left: StoredModel, right: StoredModel) -> tuple[Compared, ...]:
    """Returns everything recorded of two models, section by section.

    Nested values are named by their path, such as `model.epochs`. Metrics of the same categories are
    comparable.
    """
    mine, theirs = _sections(left), _sections(right)
    same = left.card.taxonomy.fingerprint() == right.card.taxonomy.fingerprint()
    return tuple(
        Compared(section, name, mine[section].get(name), theirs[section].get(name), same or section != "metrics")
        for section in mine
        for name in dict.fromkeys([*mine[section], *theirs[section]])
    )


def categories_differ(left: StoredModel, right: StoredModel) -> str:
    """Returns in words what the categories of `right` add and lack, or an empty text if all columns mean the same."""
    mine, theirs = left.card.taxonomy, right.card.taxonomy
    if mine.fingerprint() == theirs.fingerprint():
        return ""
    return difference([each.identifier for each in mine], [each.identifier for each in theirs])


def _sections(stored: StoredModel) -> dict[str, dict[str, object]]:
    card = stored.card
    return {
        "model": _identity(stored),
        "metrics": {f"{split} {name}": value for split, named in card.metrics.items() for name, value in _known(named)},
        "categories": {"count": len(card.taxonomy), "fingerprint": card.taxonomy.fingerprint()},
        "data": dict(_flat(card.data)),
        "config": dict(_flat(card.config)),
        "size": {"bytes": sum(stored.files.values()), "files": len(stored.files)},
    }


def _identity(stored: StoredModel) -> dict[str, object]:
    card: ModelCard = stored.card
    return {
        "name": stored.name,
        "created": card.created,
        "seed": card.seed,
        "threshold": card.thresholds.default,
        "digest": stored.digest,
    }


def _known(named: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    return ((name, value) for name, value in named.items() if isfinite(value))


def _flat(values: Mapping[str, object], path: str = "") -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        name = f"{path}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        else:
            yield name, value
