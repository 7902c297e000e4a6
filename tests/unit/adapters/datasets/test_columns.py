"""Which column of a source is which."""

import re

import pytest

from adapters.datasets.columns import LABELLED, UNLABELLED
from domain.errors import ConfigurationError

MAPPED = {"abstract": "Summary", "categories": "Keywords"}


def test_takes_the_names_of_the_source() -> None:
    """A column under the name that is given for it is the one, whatever else is called by the program's name."""
    found = LABELLED.called(MAPPED).places(["abstract", "Summary", "Keywords"])
    assert found == {"abstract": "Summary", "categories": "Keywords"}


def test_finds_names_in_any_case() -> None:
    """Case, and white space around a name, do not count. A name that is right outright comes first."""
    assert UNLABELLED.places([" ABSTRACT ", "Title", "ID"]) == {"abstract": " ABSTRACT ", "title": "Title", "id": "ID"}
    assert UNLABELLED.places(["ABSTRACT", "abstract"]) == {"abstract": "abstract"}
    assert UNLABELLED.called({"abstract": "SUMMARY"}).places(["Summary"]) == {"abstract": "Summary"}


def test_says_what_to_type_for_other_columns() -> None:
    """The error names the columns there are and the option, with the column that is probably meant."""
    said = str(LABELLED.refuse(["Id", "Summary", "Keywords"], "soil.csv"))
    assert said.startswith("soil.csv has the columns Id, Summary, Keywords; wanted are abstract and categories")
    assert said.endswith("Say which one is which: --columns abstract=Summary,categories=Keywords.")
    assert str(LABELLED.refuse(["abstract", "x"], "a")).endswith("--columns categories=NAME.")


def test_says_which_named_column_is_not_there() -> None:
    """A named column that the source lacks is an error, also for the title."""
    columns = UNLABELLED.called({"title": "Heading"})
    assert columns.missing(columns.places(["abstract", "Title"]))
    said = str(columns.refuse(["abstract", "Title"], "a.csv"))
    assert "--columns title=Heading names one that does not exist" in said


def test_refuses_a_name_that_no_reader_has() -> None:
    """A misspelt name of ours is refused with the nearest one. A column that this reader does not need is accepted."""
    said = re.escape("'abstrct' that --columns could name. Did you mean abstract?")
    with pytest.raises(ConfigurationError, match=said):
        UNLABELLED.called({"abstrct": "Summary"})
    assert UNLABELLED.called(MAPPED).named == {"abstract": "Summary"}
