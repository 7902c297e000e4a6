"""The comparison of architectures: its rows are kept, and its table leaves out what a program does not have."""

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import architecture_report, architectures
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
    header, _, first, second = (line.split("|")[1:-1] for line in architecture_report.table(rows).splitlines())
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
    truth = architectures.write_papers(folder, Namespace(data=tmp_path, papers=3, test=2, seed=0, leave_out=None))
    labels = exchange.labels(folder)
    papers = exchange.papers(folder, "train")
    assert {(paper["text"], *paper["columns"]) for paper in papers} == {
        (text, labels.index("cs.LG")) for text in ("A\nx", "\ny", "C\nz")
    }
    assert truth["test"].shape == (2, len(labels)) and truth["test"].sum() == 2
    exchange.report(folder, lambda: lambda texts: np.ones((len(texts), len(labels))), lambda: 2_000_000)
    assert np.load(folder / "test.npy").shape == (2, len(labels))
    assert json.loads((folder / "figures.json").read_text())["artefact_mb"] == 2


def test_ids_are_left_out_of_validation_and_test(tmp_path: Path) -> None:
    """Papers that a shipped model has learnt from, whatever their version, stay in train alone."""
    ids = ["2504.00001v2", "2504.00002", "2504.00003"]
    table = pa.table({"id": ids, "title": ids, "abstract": ids, "categories": [["cs.LG"]] * 3})
    for split in ("train", "validation", "test"):
        pq.write_table(table, tmp_path / f"{split}.parquet")
    (tmp_path / "ids").write_text("2504.00001\n2504.00003v1\n")
    given = Namespace(data=tmp_path, papers=3, test=3, seed=0, leave_out=tmp_path / "ids")
    truth = architectures.write_papers(tmp_path / "work", given)
    assert [len(truth[split]) for split in ("train", "validation", "test")] == [3, 1, 1]
    assert exchange.papers(tmp_path / "work", "test")[0]["text"] == "2504.00002\n2504.00002"


def test_random_weights_have_no_scores(tmp_path: Path) -> None:
    """A few papers are predicted for their time, and no scores are written."""
    papers = "".join(json.dumps({"text": f"paper {n}", "columns": []}) + "\n" for n in range(300))
    (tmp_path / "test.jsonl").write_text(papers)
    read: list[int] = []
    exchange.report(tmp_path, lambda: lambda texts: read.append(len(texts)), lambda: 0, score=False)
    assert read == [256, *[1] * 200] and not list(tmp_path.glob("*.npy"))


def test_the_peak_of_a_program_is_its_own() -> None:
    """The memory of the process that starts it does not count."""
    mine = np.ones(100_000_000, np.uint8)
    code = "from benchmarks.elsewhere.exchange import peak; print(peak())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert float(done.stdout) < mine.nbytes / 1e6 < exchange.peak()


def test_an_unknown_program_is_named() -> None:
    """The message lists those there are."""
    with pytest.raises(SystemExit, match=r"no program 'nosuch'\. Known are: baseline, "):
        architectures.programs(Namespace(annif=None, torch=None, programs="nosuch"))


def test_the_size_of_an_installation_counts_what_it_requires() -> None:
    """pandas takes more than numpy, which it requires. A package that is not there takes nothing."""
    import sys

    numpy, pandas, none = (megabytes_of([name], sys.executable) for name in ("numpy", "pandas", "no-such-package"))
    assert none == 0 < numpy < pandas


def two_papers(folder: Path, times: int = 1) -> Path:
    """A folder of splits with the same two papers, each so often."""
    papers = {
        "title": ["A", "B"] * times,
        "abstract": ["black holes", "neural networks"] * times,
        "categories": [["gr-qc"], ["cs.LG"]] * times,
    }
    for split in ("train", "validation", "test"):
        pq.write_table(pa.table(papers), folder / f"{split}.parquet")
    return folder


def test_a_program_that_fails_has_no_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program that fails is named with its log, others go on, and the exit code is 1."""
    command = ["--data", str(two_papers(tmp_path)), "--papers", "2", "--test", "2", "--output", str(tmp_path / "rows")]
    assert architectures.main([*command, "--annif", "false", "--programs", "Annif"]) == 1
    assert f"Annif failed with exit code 1: see {tmp_path / 'rows' / 'annif.log'}" in capsys.readouterr().err
    assert not (tmp_path / "rows" / "annif.json").exists()


@pytest.mark.slow
def test_a_second_run_measures_nothing_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program is measured once. The second run writes the same results from its row."""
    papers = two_papers(tmp_path, 20)
    command = ["--data", str(papers), "--papers", "40", "--test", "40", "--output", str(tmp_path / "rows")]
    assert architectures.main([*command, "--programs", "LinearSVC"]) == 0
    assert capsys.readouterr().err == "LinearSVC ...\n"
    first = (tmp_path / "rows" / "results.json").read_text("utf-8")
    assert architectures.main([*command, "--programs", "LinearSVC"]) == 0
    assert capsys.readouterr().err == ""
    assert (tmp_path / "rows" / "results.json").read_text("utf-8") == first
    assert json.loads(first)["rows"][0]["micro_f1"] == 1


def test_results_are_put_into_the_page() -> None:
    """The part between the comments becomes the results' table and plots. Put in twice, the page is the same."""
    page = architecture_report.PAGE.read_text("utf-8")
    made = {"commit": "0123456789", "day": "2026-11-30", "machine": "2 x Chip"}
    rows = [{"program": "baseline", "micro_f1": 0.7, **made}, {"program": "LinearSVC", "micro_f1": 0.6, **made}]
    text = architecture_report.section({"settings": SETTINGS | {"papers": 100_000, "data": "/x/arxiv"}, "rows": rows})
    assert "`arxiv`, drawn with seed 0: 100,000 training papers, and 2 each" in text
    assert "Machine: 2 x Chip. Commit 0123456, 2026-11-30." in text
    once = architecture_report.in_page(page, text)
    assert "| LinearSVC | .6000 |" in once and "## The whole command" in once
    assert architecture_report.in_page(once, text) == once


def test_the_plot_is_small_and_the_same_each_time(tmp_path: Path) -> None:
    """Equal results make equal files of under 60 kB, in which names are text. A row without accuracy has no point."""
    rows = [
        {
            "program": f"program {n}",
            "micro_f1": 0.5 + n / 100,
            "one_ms": n + 1,
            "train_processor_s": 9 * n,
            "artefact_mb": n + 2,
        }
        for n in range(10)
    ]
    for name in ("a.svg", "b.svg"):
        architecture_report.plot([*rows, {"program": "random", "one_ms": 3}], tmp_path / name)
    drawn = (tmp_path / "a.svg").read_text("utf-8")
    assert drawn == (tmp_path / "b.svg").read_text("utf-8") and len(drawn) < 60_000
    assert ">program 9<" in drawn and ">random<" not in drawn


def test_names_stay_inside_the_plot(tmp_path: Path) -> None:
    """Names of points on the right end at their points, and those of points on the left begin there."""
    rows = [
        {"program": name, "micro_f1": 0.6, "one_ms": 10, "artefact_mb": size} for name, size in (("a", 20), ("b", 90))
    ]
    architecture_report.plot(rows, tmp_path / "plot.svg")
    lines = (tmp_path / "plot.svg").read_text("utf-8").splitlines()
    (right,) = [line for line in lines if ">b<" in line and "end" in line]
    assert any(">a<" in line and "end" not in line for line in lines) and "anchor" in right
