"""Folders that a command with tables refuses."""

from pathlib import Path

import pytest

from domain.errors import InvalidInputError
from entrypoints.cli.output_folder import refuse_loss

NAMES = ("report.json", "categories.csv")


def _refuse(source: Path, folder: Path) -> None:
    refuse_loss(str(source), folder, NAMES, "report.json")


def test_takes_a_new_folder_and_its_own(tmp_path: Path) -> None:
    """A folder that does not exist, one with other files and that of an earlier run are accepted."""
    papers, out = tmp_path / "papers.csv", tmp_path / "out"
    papers.touch()
    _refuse(papers, out)
    _refuse(papers, tmp_path)
    out.mkdir()
    for name in NAMES:
        (out / name).touch()
    _refuse(papers, out)


def test_refuses_the_folder_of_the_papers(tmp_path: Path) -> None:
    """Tables beside papers would be read as papers the next time, or replace some."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    with pytest.raises(InvalidInputError, match="is the folder of the papers"):
        _refuse(tmp_path, link)


def test_refuses_the_papers_themselves(tmp_path: Path) -> None:
    """A source of the name of a table is not replaced."""
    for name in NAMES:
        (tmp_path / name).touch()
    with pytest.raises(InvalidInputError, match="would be read and overwritten"):
        _refuse(tmp_path / "categories.csv", tmp_path)


def test_refuses_files_of_another_origin(tmp_path: Path) -> None:
    """A table without the file that the command leaves beside it is the user's."""
    (tmp_path / "categories.csv").touch()
    with pytest.raises(InvalidInputError, match=r"holds categories\.csv, which this command would replace"):
        _refuse(tmp_path / "papers.csv", tmp_path)
