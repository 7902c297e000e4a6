"""The bundle's JSON files: what is written is read back, and nothing else passes."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.manifests import FileRecord
from adapters.model_store.manifest import (
    calibration_json,
    manifest_json,
    read_calibration,
    read_manifest,
    read_thresholds,
    thresholds_json,
)
from domain.calibration import Calibration
from domain.errors import CorruptModelError
from domain.label import Label
from domain.model_bundle import ModelCard
from domain.thresholds import Thresholds
from tests.examples import small_card, small_taxonomy
from tests.strategies import examples

TAXONOMY = small_taxonomy()
FINITE = st.floats(-1e6, 1e6)
POSITIVE = st.floats(1e-300, 1e6)
COLUMNS = len(TAXONOMY)


def written(card: ModelCard) -> bytes:
    """The manifest of a card."""
    return manifest_json(card, version="v", libraries={"numpy": "2"}, files={"w": FileRecord(1, "00")})


def test_manifest_comes_back() -> None:
    """Every field of a manifest, and the taxonomy with every detail, is read as it was written."""
    card = small_card()
    manifest = read_manifest(written(card), "here")
    assert (manifest.version, manifest.kind, manifest.created, manifest.seed) == ("v", "tiny", card.created, 7)
    assert (manifest.taxonomy, manifest.config, manifest.data) == (card.taxonomy, card.config, card.data)
    assert (manifest.metrics, manifest.libraries) == (card.metrics, {"numpy": "2"})
    assert manifest.files == {"w": FileRecord(1, "00")}


@pytest.mark.parametrize("version", ["", "../x", "a b", "a\nX: 1", "\u001b[31m", "x" * 101, "\ud800", "-x"])
def test_a_version_is_a_plain_name(version: str) -> None:
    """A version goes into headers, logs and paths: letters, digits, dots, hyphens and underscores, 100 at most."""
    text = json.dumps({**json.loads(written(small_card())), "version": version}).encode()
    with pytest.raises(CorruptModelError, match="the version is"):
        read_manifest(text, "here")


def test_manifest_is_plain_json() -> None:
    """A metric that is not a number is written as null, which every JSON reader takes, and read as one."""
    text = written(small_card(metrics={"test": {"roc_auc_macro": math.nan, "ratio": math.inf}}))
    json.loads(text, parse_constant=lambda name: pytest.fail(name))
    metrics = read_manifest(text, "here").metrics["test"]
    assert math.isnan(metrics["roc_auc_macro"]) and math.isnan(metrics["ratio"])


def test_manifest_is_the_same_each_time() -> None:
    """The same card gives the same bytes."""
    assert written(small_card()) == written(small_card())


@examples(50)
@given(
    default=st.floats(0, 1), by_category=st.dictionaries(st.sampled_from(list(TAXONOMY)), st.floats(0, 1), max_size=5)
)
def test_thresholds_come_back(default: float, by_category: dict[Label, float]) -> None:
    """Thresholds are read to the last digit as they were written."""
    thresholds = Thresholds(default, by_category)
    assert read_thresholds(thresholds_json(thresholds), TAXONOMY, "here") == thresholds


@examples(50)
@given(
    slopes=st.lists(POSITIVE, min_size=COLUMNS, max_size=COLUMNS),
    intercepts=st.lists(FINITE, min_size=COLUMNS, max_size=COLUMNS),
)
def test_calibration_comes_back(slopes: list[float], intercepts: list[float]) -> None:
    """A calibration is read to the last digit as it was written."""
    calibration = Calibration(tuple(slopes), tuple(intercepts))
    assert read_calibration(calibration_json(calibration, TAXONOMY), TAXONOMY, "here") == calibration


def test_mixing_comes_back_and_is_kept_by_category() -> None:
    """The mixing of categories survives the file to six decimals, in whatever order its rows are."""
    columns = range(COLUMNS)
    mixing = tuple(tuple(0.0 if i == j else round(i + j / 7, 6) for j in columns) for i in columns)
    calibration = replace(small_card().calibration, mixing=mixing)
    rows = json.loads(calibration_json(calibration, TAXONOMY))
    turned = json.dumps(dict(reversed(rows.items()))).encode()
    assert read_calibration(turned, TAXONOMY, "here") == calibration


def test_mixing_that_lacks_a_category_is_corrupt() -> None:
    """A row of mixing names every other category once."""
    mixing = tuple(tuple(0.0 if i == j else 1.0 for j in range(COLUMNS)) for i in range(COLUMNS))
    rows = json.loads(calibration_json(replace(small_card().calibration, mixing=mixing), TAXONOMY))
    del next(iter(rows.values()))["mixing"]["cs.CV"]
    with pytest.raises(CorruptModelError, match="does not name every other category"):
        read_calibration(json.dumps(rows).encode(), TAXONOMY, "here")


def test_calibration_is_kept_by_category_not_by_place() -> None:
    """The rows of calibration.json may stand in any order and still reach their own columns."""
    calibration = small_card().calibration
    rows = json.loads(calibration_json(calibration, TAXONOMY))
    turned = json.dumps(dict(reversed(rows.items()))).encode()
    assert read_calibration(turned, TAXONOMY, "here") == calibration


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"by_category": {}}', "None is not a number"),
        ('{"default": 1.5, "by_category": {}}', "from 0 to 1, not 1.5"),
        ('{"default": true, "by_category": {}}', "True is not a number"),
        ('{"default": NaN, "by_category": {}}', "'NaN' is not a number"),
        ('{"default": 0.5}', "it lacks 'by_category'"),
        ('{"default": 0.5, "by_category": {"cs.XX": 0.5}}', "has no cs.XX"),
        ('{"default": 0.5, "by_category": {"cs.LG": "0.5"}}', "'0.5' is not a number"),
        ("[0.5]", "it is a list"),
    ],
)
def test_bad_thresholds_are_named(text: str, said: str) -> None:
    """Thresholds that are no numbers from 0 to 1, or of unknown categories, are refused with where and why."""
    with pytest.raises(CorruptModelError, match=f"^here cannot be read: .*{said}"):
        read_thresholds(text.encode(), TAXONOMY, "here")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cs.LG": None}, "'cs.LG' is a NoneType"),
        ({"cs.LG": {"slope": 1.0}}, "None is not a number"),
        ({"cs.LG": {"slope": 0, "intercept": 0}}, "slope must be positive"),
        ({"cs.LG": {"slope": 10**400, "intercept": 0}}, "is not a number"),
        ({"cs.AI": {"slope": 1, "intercept": 0}}, "6 categories where the model has 5"),
    ],
)
def test_bad_calibrations_are_named(change: dict[str, object], said: str) -> None:
    """A calibration with a wrong number, or other categories than the model's, is refused with where and why."""
    rows = json.loads(calibration_json(small_card().calibration, TAXONOMY)) | change
    with pytest.raises(CorruptModelError, match=f"^here cannot be read: .*{said}"):
        read_calibration(json.dumps(rows).encode(), TAXONOMY, "here")


def test_calibration_without_a_category_is_named() -> None:
    """A category that has no row is named."""
    rows = json.loads(calibration_json(small_card().calibration, TAXONOMY))
    del rows["hep-th"]
    with pytest.raises(CorruptModelError, match="it lacks 'hep-th'"):
        read_calibration(json.dumps(rows).encode(), TAXONOMY, "here")
