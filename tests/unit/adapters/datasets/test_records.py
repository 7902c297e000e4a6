"""One record's raw values become an abstract."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.datasets.records import Row, folded, labelled, unlabelled
from domain.labelled_abstract import LabelledAbstract
from tests.unit.adapters.datasets.written import Bad


def _row(**changes: object) -> Row:
    values: dict[str, object] = {
        "id": "2501.00001",
        "title": "A title",
        "abstract": "An abstract.",
        "categories": "cs.LG",
        "date": None,
        "updated": None,
        "weight": None,
    }
    values.update(changes)
    return (3, *values.values())  # type: ignore[return-value]  # seven values in that order


def _paper(**changes: object) -> LabelledAbstract:
    def fail(record: object) -> None:
        raise AssertionError(record)

    return next(labelled(iter([_row(**changes)]), "papers", 100, fail))


def _reason(**changes: object) -> str:
    bad = Bad()
    assert list(labelled(iter([_row(**changes)]), "papers", 100, bad)) == []
    assert bad.lines == [3]
    return bad[0].reason


@example("a ")
@example(" a")
@example("a  b")
@example("a\u00a0b")
@given(st.text(max_size=40) | st.text("ab \t\n\u00a0\u2028", max_size=8))
def test_folding_leaves_single_spaces_alone(text: str) -> None:
    """Folded text has the same words with one plain space between them, and folding it again changes nothing."""
    once = folded(text)
    assert once == " ".join(text.split())
    assert folded(once) == once


@pytest.mark.parametrize(("value", "identifier"), [("a1", "a1"), (" a1\n", "a1"), (17, "17"), ("", None), (None, None)])
def test_keeps_identifiers(value: object, identifier: str | None) -> None:
    """Identifiers are kept as text; whole numbers become text. A blank one is none."""
    assert _paper(id=value).abstract.id == identifier


@pytest.mark.parametrize("value", [704.0001, True, ["a"]])
def test_refuses_identifiers_that_lose_digits(value: object) -> None:
    """An identifier that came as a float or anything else but text or a whole number is a bad record."""
    assert "The id is a" in _reason(id=value)


@pytest.mark.parametrize("value", [None, "", "  ", float("nan")])
def test_takes_papers_without_a_title(value: object) -> None:
    """A missing, blank or NaN title is none."""
    assert _paper(title=value).abstract.title is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "missing"),
        (float("nan"), "missing"),
        ("", "blank"),
        (" \n", "blank"),
        (17, "of type int"),
        (["text"], "of type list"),
        ("x" * 101, "101 characters"),
        ("half \ud835 a pair", "not valid UTF-8 at character 6"),
    ],
)
def test_refuses_what_is_no_abstract(value: object, words: str) -> None:
    """A missing, blank, over-long, undecodable or non-text abstract is a bad record that says so."""
    assert words in _reason(abstract=value)


def test_reads_categories_in_both_forms() -> None:
    """A list and a text with spaces give the same categories, primary first, each once."""
    as_list = _paper(categories=["stat.ML", "cs.LG", "stat.ML"]).categories
    as_text = _paper(categories=" stat.ML  cs.LG stat.ML").categories
    assert [str(category) for category in as_list] == ["stat.ML", "cs.LG"]
    assert as_list is _paper(categories=["stat.ML", "cs.LG", "stat.ML"]).categories
    assert as_text == as_list


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "missing"),
        (float("nan"), "missing"),
        ("", "at least one category"),
        ([], "at least one category"),
        ("cs.LG, Soil", "'Soil' is not an arXiv category"),
        (["cs.LG", None], "Give a list of texts"),
        (7, "'7' is not an arXiv category"),
        (7.5, "Give a list of texts"),
    ],
)
def test_refuses_what_are_no_categories(value: object, words: str) -> None:
    """Missing, empty or malformed categories are a bad record that says so."""
    assert words in _reason(categories=value)


@pytest.mark.parametrize(
    ("date", "identifier", "updated", "month"),
    [
        ("2024-12", "2501.00001", "2026-01-01", "2024-12"),
        (None, "2501.00001", "2026-01-01", "2025-01"),
        (None, "x1", "2026-01-01", "2026-01"),
        (None, "x1", None, None),
    ],
)
def test_takes_the_best_date(date: object, identifier: str, updated: object, month: str | None) -> None:
    """The month is the date's, else the identifier's, else the last update's, else unknown."""
    assert _paper(date=date, id=identifier, updated=updated).month == month


def test_refuses_a_date_that_cannot_be_read() -> None:
    """A paper with a date that is none is a bad record, since a guessed month could put it into the wrong split."""
    assert "'soon'" in _reason(date="soon")


@given(st.lists(st.sampled_from(["Good text.", "", None, 7])))
def test_loses_no_record(texts: Sequence[object]) -> None:
    """Every record comes out as an abstract or as a bad record, in order."""
    bad = Bad()
    rows: list[Row] = [(n, str(n), None, text, None, None, None, None) for n, text in enumerate(texts, start=1)]
    good = [int(abstract.id or 0) for abstract in unlabelled(iter(rows), "papers", 100, bad)]
    assert good == [n for n, text in enumerate(texts, start=1) if text == "Good text."]
    assert sorted(good + bad.lines) == list(range(1, len(texts) + 1))


@pytest.mark.parametrize(
    ("value", "weight"), [(None, 1.0), ("", 1.0), (2, 2.0), (0.25, 0.25), (" 1e-3 ", 0.001), (0, 0.0)]
)
def test_a_weight_is_a_number_or_its_text(value: object, weight: float) -> None:
    """A record without one counts once."""
    assert _paper(weight=value).weight == weight


@pytest.mark.parametrize("value", [-1, "-0.5", float("nan"), "nan", float("inf"), True, "heavy", [1], 10**400])
def test_a_bad_weight_is_a_bad_record(value: object) -> None:
    """A weight that is negative, infinite or no number is named with its value."""
    assert re.fullmatch(r"The weight is .*\. Give a number from 0\.", _reason(weight=value))
