"""Excel workbooks, whole and broken."""

import io
import logging
import sys
from pathlib import Path

import pytest

from adapters.datasets import xlsx_rows
from adapters.datasets.columns import LABELLED, UNLABELLED
from adapters.datasets.unlabelled import read_abstracts
from domain.errors import InvalidInputError, MissingPackageError
from tests.unit.adapters.datasets.written import Bad
from tests.workbooks import write_workbook


def test_numbers_rows_as_excel_does(tmp_path: Path) -> None:
    """Blank rows are no records and count in the number of a row. A cell that is left out is None."""
    path = write_workbook(tmp_path / "a.xlsx", {"s": [[], ["id", "Abstract"], [7, "one"], [], [None, "two"]]})
    assert [row[:4] for row in xlsx_rows.rows(path, "a.xlsx", UNLABELLED)] == [  # type: ignore[index]  # rows alone
        (3, 7, None, "one"),
        (5, None, None, "two"),
    ]


def test_an_identifier_that_excel_made_a_number_is_refused(tmp_path: Path) -> None:
    """2501.10 that was typed as a number is 2501.1 by now, and no guess is made."""
    path = write_workbook(tmp_path / "a.xlsx", {"s": [["id", "abstract"], [2501.1, "one"]]})
    bad = Bad()
    assert list(read_abstracts(path, on_bad_record=bad)) == []
    assert "The id is a float" in bad[0].reason


def test_reads_the_first_sheet_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of several sheets the first one counts, and the log names it."""
    path = write_workbook(tmp_path / "a.xlsx", {"Soil": [["abstract"], ["one"]], "Old": [["abstract"], ["two"]]})
    with caplog.at_level(logging.INFO):
        assert [each.text for each in read_abstracts(path)] == ["one"]
    assert caplog.messages == [f"{path} has 2 sheets; the first one, Soil, is read."]


def test_reads_streams(tmp_path: Path) -> None:
    """A workbook that is piped in is read like a file."""
    content = write_workbook(tmp_path / "a.xlsx", {"s": [["abstract"], ["one"]]}).read_bytes()
    assert [each.text for each in read_abstracts(io.BytesIO(content), "xlsx")] == ["one"]


def test_refuses_what_is_no_workbook(tmp_path: Path) -> None:
    """A broken file, an empty sheet and other columns are each one sentence that says what to do."""
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InvalidInputError, match=r"a\.xlsx is not a readable Excel workbook .*Save it again"):
        list(read_abstracts(tmp_path / "a.xlsx"))
    with pytest.raises(InvalidInputError, match=r"The first sheet of .*b\.xlsx is empty"):
        list(read_abstracts(write_workbook(tmp_path / "b.xlsx", {"s": []})))
    path = write_workbook(tmp_path / "c.xlsx", {"s": [["Summary", "Tags"], ["one", "x"]]})
    with pytest.raises(InvalidInputError, match="--columns abstract=Summary,categories=Tags"):
        list(xlsx_rows.rows(path, "c.xlsx", LABELLED))


def test_names_the_extra_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library, the error names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(MissingPackageError, match="extra xlsx"):
        list(read_abstracts(write_workbook(tmp_path / "a.xlsx", {"s": [["abstract"], ["one"]]})))
