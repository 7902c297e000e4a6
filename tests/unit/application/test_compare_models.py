"""Two models side by side."""

from pathlib import Path
from typing import Any

from application.compare_models import Compared, categories_differ, compare_models
from application.models.taxonomy_difference import difference
from domain.model_bundle import StoredModel
from tests.examples import small_card, small_taxonomy


def stored(**changes: Any) -> StoredModel:
    """A stored model."""
    return StoredModel(small_card(**changes), "1", Path("x"), {"weights.bin": 4}, digest="ab")


def differing(left: StoredModel, right: StoredModel) -> dict[str, tuple[object, object]]:
    """Returns the differences by section and name."""
    return {f"{row.section} {row.name}": (row.left, row.right) for row in compare_models(left, right) if row.differs}


def test_a_model_does_not_differ_from_itself() -> None:
    """The same card twice differs in nothing, a metric without a value included."""
    model = stored(metrics={"test": {"roc_auc_macro": float("nan")}})
    assert differing(model, model) == {}
    assert categories_differ(model, model) == ""


def test_nested_options_and_metrics_are_named_by_their_path() -> None:
    """A value that one model lacks is None for it."""
    left = stored(metrics={"test": {"micro_f1": 0.5}}, config={"model": {"epochs": 3}})
    right = stored(metrics={"test": {"micro_f1": 0.75}}, config={"model": {"epochs": 4, "hidden": [1]}})
    assert differing(left, right) == {
        "metrics test micro_f1": (0.5, 0.75),
        "config model.epochs": (3, 4),
        "config model.hidden": (None, [1]),
    }


def test_changes_are_of_numbers() -> None:
    """Numbers have a difference, texts and truth values have none."""
    assert Compared("", "", 0.5, 0.75).change == 0.25
    assert Compared("", "", 3, 5).change == 2
    assert Compared("", "", "a", "b").change is None
    assert Compared("", "", True, False).change is None
    assert Compared("", "", None, 1).change is None


def test_metrics_of_other_categories_are_not_subtracted() -> None:
    """A metric over fewer categories is shown beside the other without a difference; numbers of the data have one."""
    metrics = {"test": {"micro_f1": 0.5}}
    fewer = small_taxonomy().subset(small_taxonomy().categories[:-1])
    right = stored(metrics={"test": {"micro_f1": 0.75}}, data={"train": 50}, taxonomy=fewer)
    changes = {f"{row.section} {row.name}": row.change for row in compare_models(stored(metrics=metrics), right)}
    assert (changes["metrics test micro_f1"], changes["data train"]) == (None, 10)
    same = compare_models(stored(metrics=metrics), stored(metrics={"test": {"micro_f1": 0.75}}))
    assert {row.change for row in same if row.section == "metrics"} == {0.25}


def test_categories_are_told_in_words() -> None:
    """Both what is added and what is lacking is named."""
    fewer = stored(taxonomy=small_taxonomy().subset(small_taxonomy().categories[:-1]))
    assert categories_differ(stored(), fewer) == "it lacks cs.CV"
    assert categories_differ(fewer, stored()) == "it adds cs.CV"


def test_long_differences_are_cut() -> None:
    """Ten names are listed, and the number of the others."""
    names = [f"cs.A{number}" for number in range(12)]
    assert difference([], names).endswith("cs.A9 and 2 more")
    assert difference(["a", "b"], ["b", "a"]) == "the same ones in another order"
    assert difference(["a", "b"], ["a", "b"]) == "the same ones with other aliases"
