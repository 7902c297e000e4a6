"""Keeps commands that write a folder of tables from replacing papers and files of the user."""

import os
from collections.abc import Iterable
from pathlib import Path

from domain.errors import InvalidInputError
from entrypoints.cli.same_file import refuse_same_file


def refuse_loss(source: str, folder: Path, names: Iterable[str], marker: str) -> None:
    """Raises InvalidInputError if writing files of these names into the folder would lose something.

    The folder must not be the source, nor one of the files the source. If it holds a file of these names, it needs
    `marker` too, the file by which an earlier run of the command is known.
    """
    if folder.is_dir() and os.path.isdir(source) and os.path.samefile(source, folder):
        raise InvalidInputError(f"{folder} is the folder of the papers. Name another folder for the results.")
    listed = list(names)
    for name in listed:
        refuse_same_file(Path(source), folder / name)
    present = [name for name in listed if os.path.lexists(folder / name)]
    if present and not os.path.lexists(folder / marker):
        raise InvalidInputError(
            f"{folder} holds {present[0]}, which this command would replace, and no {marker} of an earlier run. "
            "Name another folder."
        )
