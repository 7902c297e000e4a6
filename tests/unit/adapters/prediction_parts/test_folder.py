"""Parts of predictions in a folder."""

import gc
import json
import re
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest
from typing_extensions import override

from adapters.prediction_parts.folder import FolderParts, claimed, examine_folder, prepare_folder, read_run
from adapters.prediction_writers.parquet import ParquetWriter
from domain.arxiv_paper import ArxivPaper
from domain.chosen_categories import ChosenCategories
from domain.errors import ArxivClassifierError, InvalidInputError
from domain.explanation import Explanation
from domain.output_form import NOTHING_BESIDE, Beside
from domain.part_work import FinishedPart
from domain.ports.dataset import BadRecord
from domain.ports.prediction_writer import NO_WARNINGS, PredictionWriter, Warnings
from domain.prediction_run import InputFile, PredictionRun
from tests.examples import small_taxonomy

RUN = PredictionRun(
    model="baseline/1",
    model_digest="abc",
    policy={"threshold": None, "top_k": 0},
    format="jsonl",
    inputs=(InputFile("papers.jsonl", 10, 20),),
    reading={"columns": {}},
    rows_per_part=5,
    began="2026-01-02T03:04:05+00:00",
)


class IdWriter(PredictionWriter):
    """Writes the ids, and a last line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    @override
    def write(
        self,
        ids: Sequence[str | None],
        chosen: ChosenCategories | None,
        explanations: Sequence[Sequence[Explanation]] | None = None,
        papers: Sequence[ArxivPaper] | None = None,
        warnings: Warnings = NO_WARNINGS,
        beside: Beside = NOTHING_BESIDE,
    ) -> None:
        self._stream.write("".join(f"{each}\n" for each in ids).encode())

    @override
    def finish(self) -> None:
        self._stream.write(b"end\n")


def parts(folder: Path) -> FolderParts:
    """Parts that hold ids."""
    return FolderParts(folder, ".txt", IdWriter)


def names(folder: Path) -> list[str]:
    """Returns the names in the folder."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".parts.jsonl")


def test_a_part_has_its_file_and_its_rejected_rows(tmp_path: Path) -> None:
    """A part is there once it is written, with what could not be read beside it."""
    store = parts(tmp_path)
    assert not store.has(3)
    with store.part(3) as part:
        part.writer.write(["a", "b"], None)  # type: ignore[arg-type]  # this writer writes ids alone
        part.rejected.append(BadRecord("papers.jsonl", 7, "The abstract is blank."))
        part.writer.finish()
        assert not store.has(3)
    assert store.has(3) and not store.has(2)
    assert (store.rejected(4), store.rejected(3)) == (1, 0)
    assert (tmp_path / "part-00003.txt").read_bytes() == b"a\nb\nend\n"
    (line,) = (tmp_path / "_rejected-00003.jsonl").read_bytes().splitlines()
    assert json.loads(line) == {"source": "papers.jsonl", "line": 7, "reason": "The abstract is blank."}
    store.finish(4, 20)
    assert json.loads((tmp_path / "_finished.json").read_bytes()) == {"parts": 4, "rows": 20}


def test_a_part_of_another_process_is_stored_as_if_written_here(tmp_path: Path) -> None:
    """Content and rejected rows are the same files."""
    record = BadRecord("papers.jsonl", 7, "The abstract is blank.")
    with parts(tmp_path).part(0) as part:
        part.writer.write(["a"], None)  # type: ignore[arg-type]  # this writer writes ids alone
        part.rejected.append(record)
        part.writer.finish()
    parts(tmp_path).put(FinishedPart(1, b"a\nend\n", 2, [record]))
    parts(tmp_path).put(FinishedPart(2, b"a\nend\n", 1, []))
    assert names(tmp_path) == [
        "_rejected-00000.jsonl",
        "_rejected-00001.jsonl",
        "part-00000.txt",
        "part-00001.txt",
        "part-00002.txt",
    ]
    for name in ("_rejected-0000{}.jsonl", "part-0000{}.txt"):
        assert (tmp_path / name.format(1)).read_bytes() == (tmp_path / name.format(0)).read_bytes()


def test_a_part_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Neither the part nor a piece of it stays."""
    with pytest.raises(OSError, match="full"), parts(tmp_path).part(0) as part:
        part.writer.write(["a"], None)  # type: ignore[arg-type]  # this writer writes ids alone
        part.rejected.append(BadRecord("papers.jsonl", 1, "bad"))
        raise OSError("full")
    assert names(tmp_path) == []


@contextmanager
def no_room() -> Iterator[None]:
    """Files of this process may have no byte, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("by", ["writing", "storing", "finishing"])
def test_a_full_disk_is_named(tmp_path: Path, by: str) -> None:
    """The sentence has the folder and the way to go on."""
    store = parts(tmp_path)
    said = f"Writing to {tmp_path} failed: File too large. The same command"
    with pytest.raises(ArxivClassifierError, match=re.escape(said)), no_room():
        if by == "storing":
            store.put(FinishedPart(0, b"a\nend\n", 1, []))
        elif by == "finishing":
            store.finish(1, 1)
        else:
            with store.part(0) as part:
                part.writer.finish()
    assert names(tmp_path) == []


def test_the_same_run_goes_on_with_its_first_beginning(tmp_path: Path) -> None:
    """The first record of a run comes back whenever the run goes on. Pieces of a killed run are removed."""
    folder = tmp_path / "new" / "out"
    with claimed(folder):
        assert prepare_folder(folder, RUN) == RUN
        (folder / ".part-00001.txt.abcd.part").write_bytes(b"half")
        assert prepare_folder(folder, replace(RUN, began="2026-02-01T00:00:00+00:00")) == RUN
    assert read_run(folder) == RUN
    assert names(folder) == [".lock", "_run.json"]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"model_digest": "def"}, "the model"),
        ({"policy": {"threshold": 0.5, "top_k": 0}}, "the choice of categories"),
        ({"inputs": (InputFile("papers.jsonl", 10, 21),)}, r"the input \(papers\.jsonl has changed\)"),
        ({"inputs": (*RUN.inputs, InputFile("b.jsonl", 1, 2))}, r"the input \(b\.jsonl is new\)"),
        ({"inputs": ()}, r"the input \(papers\.jsonl is missing\)"),
        ({"format": "csv", "rows_per_part": 6}, "the format, the rows a part"),
        ({"reading": {"columns": {"abstract": "text"}}}, "how the input is read"),
    ],
)
def test_parts_of_another_command_are_kept(tmp_path: Path, change: dict[str, object], what: str) -> None:
    """A run that would write other bytes is refused, with what differs."""
    prepare_folder(tmp_path, RUN)
    (tmp_path / "part-00000.jsonl").write_bytes(b"{}")
    with pytest.raises(InvalidInputError, match=f"What differs: {what}\\. "):
        prepare_folder(tmp_path, replace(RUN, **change))  # type: ignore[arg-type]  # of those types
    assert read_run(tmp_path) == RUN


def test_a_run_that_left_no_part_makes_room_for_another(tmp_path: Path) -> None:
    """After a mistake in the command, the right one may take the same folder. The rejected rows of the first go."""
    prepare_folder(tmp_path, RUN)
    (tmp_path / "_rejected-00000.jsonl").write_bytes(b"{}")
    (tmp_path / "_finished.json").write_bytes(b"{}")
    other = replace(RUN, model_digest="def")
    assert prepare_folder(tmp_path, other) == other == read_run(tmp_path)
    assert names(tmp_path) == ["_run.json"]


def test_an_order_of_the_input_is_part_of_the_run(tmp_path: Path) -> None:
    """The same files in another order have other rows at each place."""
    files = (InputFile("a.jsonl", 1, 2), InputFile("b.jsonl", 1, 2))
    (difference,) = replace(RUN, inputs=files).differences(replace(RUN, inputs=files[::-1]))
    assert difference == "the input (the order of the files)"


def test_a_look_at_a_folder_changes_nothing(tmp_path: Path) -> None:
    """It returns the run that would begin or go on, and makes no folder."""
    assert examine_folder(tmp_path / "new", RUN) == RUN
    assert names(tmp_path) == []
    prepare_folder(tmp_path, RUN)
    (tmp_path / "part-00000.jsonl").write_bytes(b"{}")
    assert examine_folder(tmp_path, replace(RUN, began="2026-02-01T00:00:00+00:00")) == RUN
    assert names(tmp_path) == ["_run.json", "part-00000.jsonl"]


@pytest.mark.parametrize("by", ["writing", "storing"])
def test_a_part_that_was_cut_off_is_missing(tmp_path: Path, by: str) -> None:
    """A part of another size than it was written with is made again. A part without a known size counts."""
    store = parts(tmp_path)
    if by == "storing":
        store.put(FinishedPart(0, b"a\nend\n", 1, []))
    else:
        with store.part(0) as part:
            part.writer.write(["a"], None)  # type: ignore[arg-type]  # this writer writes ids alone
            part.writer.finish()
    path = tmp_path / "part-00000.txt"
    assert parts(tmp_path).has(0)
    path.write_bytes(path.read_bytes()[:-1])
    assert not parts(tmp_path).has(0) and not store.has(0)
    with (tmp_path / ".parts.jsonl").open("ab") as sizes:
        sizes.write(b'{"part": 0, "byt')
    assert not parts(tmp_path).has(0)
    (tmp_path / ".parts.jsonl").unlink()
    assert parts(tmp_path).has(0)
    path.unlink()
    path.mkdir()
    assert not parts(tmp_path).has(0)


def test_a_part_of_parquet_that_fails_ends_without_a_second_error(tmp_path: Path) -> None:
    """Arrow writes the end of a file when its writer is deleted, after the file was closed."""
    store = FolderParts(tmp_path, ".parquet", partial(ParquetWriter, taxonomy=small_taxonomy()))
    raised: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "unraisablehook", raised.append)
        with pytest.raises(OSError, match="full"), store.part(0):
            raise OSError("full")
        gc.collect()
    assert raised == [] and names(tmp_path) == []


def test_hidden_files_of_others_stay(tmp_path: Path) -> None:
    """Only pieces with the names of parts are removed, and none from a folder that is refused."""
    (tmp_path / ".notes.txt.partial").write_text("mine", "utf-8")
    (tmp_path / ".part-00001.txt.abcd.part").write_bytes(b"half")
    with pytest.raises(InvalidInputError, match=r"holds \.notes\.txt\.partial"):
        prepare_folder(tmp_path, RUN)
    assert names(tmp_path) == [".notes.txt.partial", ".part-00001.txt.abcd.part"]


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    """Nothing is written among a user's files."""
    (tmp_path / "thesis.tex").write_text("mine", "utf-8")
    with pytest.raises(InvalidInputError, match=r"holds thesis\.tex"):
        prepare_folder(tmp_path, RUN)
    assert names(tmp_path) == ["thesis.tex"]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"{", b'{"inputs": 3}', b'{"inputs": [], "began": "x"}', b'{"inputs": [{"path": 1}]}', b"\xff"],
)
def test_a_damaged_record_is_named(tmp_path: Path, content: bytes) -> None:
    """A file that cannot be read is an error with its name, and stays."""
    (tmp_path / "_run.json").write_bytes(content)
    with pytest.raises(InvalidInputError, match=r"run\.json is damaged"):
        prepare_folder(tmp_path, RUN)
    assert (tmp_path / "_run.json").read_bytes() == content


def test_two_commands_do_not_write_to_one_folder(tmp_path: Path) -> None:
    """The second one is refused while the first one has the folder."""
    with claimed(tmp_path), pytest.raises(InvalidInputError, match="Another command writes to"), claimed(tmp_path):
        pass
    with claimed(tmp_path):
        pass


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """The sentence names it."""
    (tmp_path / "out").write_text("mine", "utf-8")
    with pytest.raises(InvalidInputError, match=r"out cannot be written to: File exists"), claimed(tmp_path / "out"):
        pass
    with pytest.raises(InvalidInputError, match=r"out is a file\. Name a folder"):
        examine_folder(tmp_path / "out", RUN)
