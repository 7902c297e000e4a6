"""The comparison of architectures: its rows are kept, and its table leaves out what a program does not have."""

import json
from argparse import Namespace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import architectures
from benchmarks.elsewhere import exchange
from benchmarks.installed_size import megabytes_of

SETTINGS = {"papers": 3, "test": 2, "seed": 0, "data": "x"}


def test_a_row_is_kept_for_the_same_settings(tmp_path: Path) -> None:
    """A row of other settings is measured again."""
    path = tmp_path / "linear.json"
    assert architectures.kept(path, SETTINGS) is None
    path.write_text(json.dumps({"settings": SETTINGS, "row": {"program": "linear"}}))
    assert architectures.kept(path, SETTINGS) == {"program": "linear"}
    assert architectures.kept(path, SETTINGS | {"papers": 4}) is None


def test_the_table_leaves_out_what_is_unknown() -> None:
    """A program with random weights has speed and no accuracy."""
    rows = [
        {"program": "svc", "micro_f1": 0.71234, "one_ms": 1.5},
        {"program": "random", "one_ms": 20.0, "cold_s": None},
    ]
    header, _, first, second = (line.split("|")[1:-1] for line in architectures.table(rows).splitlines())
    names = [cell.strip() for cell in header]
    assert first[names.index("micro F1")].strip() == ".7123"
    assert second[names.index("micro F1")].strip() == second[names.index("cold start")].strip() == ""
    assert second[names.index("one abstract")].strip() == "20.00 ms"


def test_programs_read_papers_and_write_scores(tmp_path: Path) -> None:
    """Programs find texts with the columns of their labels, and what they write is read back."""
    table = pa.table(
        {"title": ["A", None, "C"], "abstract": ["x", "y", "z"], "categories": [["cs.LG", "q-bio.BM"]] * 3}
    )
    for split in ("train", "validation", "test"):
        pq.write_table(table, tmp_path / f"{split}.parquet")
    folder = tmp_path / "work"
    truth = architectures.write_papers(folder, Namespace(data=tmp_path, papers=3, test=2, seed=0))
    labels = exchange.labels(folder)
    papers = exchange.papers(folder, "train")
    assert {(paper["text"], *paper["columns"]) for paper in papers} == {
        (text, labels.index("cs.LG")) for text in ("A\nx", "\ny", "C\nz")
    }
    assert truth["test"].shape == (2, len(labels)) and truth["test"].sum() == 2
    exchange.report(folder, lambda: lambda texts: np.ones((len(texts), len(labels))), lambda: 2_000_000)
    assert np.load(folder / "test.npy").shape == (2, len(labels))
    assert json.loads((folder / "figures.json").read_text())["artefact_mb"] == 2


def test_an_unknown_program_is_named() -> None:
    """The message lists those there are."""
    with pytest.raises(SystemExit, match=r"no program 'nosuch'\. Known are: baseline, "):
        architectures.programs(Namespace(annif=None, torch=None, programs="nosuch"))


def test_the_size_of_an_installation_counts_what_it_requires() -> None:
    """pandas takes more than numpy, which it requires; a package that is not there takes nothing."""
    import sys

    numpy, pandas, none = (megabytes_of([name], sys.executable) for name in ("numpy", "pandas", "no-such-package"))
    assert none == 0 < numpy < pandas
