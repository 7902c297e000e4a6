"""How two stored models differ: metrics, configuration, categories, data and size side by side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from application.models.taxonomy_difference import difference
from domain.model_bundle import ModelCard, StoredModel


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that may differ: its section and name, and what each model has, None where it has nothing."""

    section: str
    name: str
    left: object
    right: object

    @property
    def differs(self) -> bool:
        """Whether the models differ in it."""
        return self.left != self.right

    @property
    def change(self) -> float | None:
        """By how much a number of `right` is above that of `left`."""
        numbers = [value for value in (self.left, self.right) if type(value) in (int, float)]
        return numbers[1] - numbers[0] if len(numbers) == 2 else None  # type: ignore[operator]  # both are numbers


def compare_models(left: StoredModel, right: StoredModel) -> tuple[Compared, ...]:
    """Everything recorded of two models, section by section; what is nested is named by its path, as `model.epochs`."""
    mine, theirs = _sections(left), _sections(right)
    return tuple(
        Compared(section, name, mine[section].get(name), theirs[section].get(name))
        for section in mine
        for name in dict.fromkeys([*mine[section], *theirs[section]])
    )


def categories_differ(left: StoredModel, right: StoredModel) -> str:
    """In words, what the categories of `right` add and lack; empty where columns mean the same."""
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
