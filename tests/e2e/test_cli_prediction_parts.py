"""`arxiv-classifier predict INPUT... --output FOLDER/`."""

import csv
import hashlib
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.prediction_writers.parquet import ParquetWriter
from entrypoints.registry import ENGINES
from tests.e2e.done import Run

WORDS = ("image", "brane", "gradient", "proof", "galaxy", "quantum", "inflation", "graph", "protein", "market")


def papers(path: Path, count: int, start: int = 0) -> Path:
    """Writes a file of papers, every hundredth of which cannot be read."""
    numbers = range(start, start + count)
    texts = ["" if n % 100 == 99 else f"we study the {WORDS[n % 10]} of a {WORDS[n // 10 % 10]}" for n in numbers]
    lines = [json.dumps({"id": str(n), "abstract": text}) for n, text in zip(numbers, texts, strict=True)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def contents(folder: Path) -> dict[str, str]:
    """The hash of each file of parts by its name."""
    found = sorted(path for path in folder.iterdir() if path.name != "_run.json" and path.name[0] != ".")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def test_parts_hold_what_one_file_holds(run: Run, tmp_path: Path) -> None:
    """Inputs are read in order, unreadable rows are set aside, and each part records the model and the policy."""
    first, second = papers(tmp_path / "a.jsonl", 250), papers(tmp_path / "b.jsonl", 130, 250)
    whole = tmp_path / "whole.jsonl"
    whole.write_bytes(first.read_bytes() + second.read_bytes())
    out = tmp_path / "out"
    done = run("predict", str(tmp_path / "[ab].jsonl"), "--output", f"{out}/", "--rows-per-part", "150")
    assert (done.returncode, done.stdout) == (0, b"")
    said = done.stderr.decode().splitlines()
    assert said[0] == f"Parts in {out}: 3, with 380 rows."
    assert said[1] == f"3 rows could not be read. {out}/_rejected-*.jsonl say which and why."
    assert run("predict", str(whole), "--output", str(tmp_path / "whole.parquet")).returncode == 0
    parts = [pq.read_table(out / f"part-0000{number}.parquet") for number in range(3)]
    assert [part.num_rows for part in parts] == [149, 148, 80]
    assert [row for part in parts for row in part.to_pylist()] == pq.read_table(tmp_path / "whole.parquet").to_pylist()
    assert json.loads((out / "_finished.json").read_bytes()) == {"parts": 3, "rows": 380}
    rejected = [json.loads(line) for line in (out / "_rejected-00001.jsonl").read_bytes().splitlines()]
    assert [(Path(each["source"]).name, each["line"]) for each in rejected] == [("a.jsonl", 200), ("b.jsonl", 50)]
    metadata = pq.read_schema(out / "part-00000.parquet").metadata
    assert (
        metadata[b"arxiv_classifier.model"].startswith(b"fake/") or b"baseline" in metadata[b"arxiv_classifier.model"]
    )
    assert json.loads(metadata[b"arxiv_classifier.policy"]) == {"threshold": None, "top_k": 0}
    assert metadata[b"arxiv_classifier.model_version"].decode() in metadata[b"arxiv_classifier.model"].decode()
    assert {len(metadata[b"arxiv_classifier." + name]) for name in (b"taxonomy", b"model_digest")} == {64}
    command = ["arxiv-classifier", "predict", str(tmp_path / "[ab].jsonl"), "--rows-per-part", "150"]
    assert metadata[b"arxiv_classifier.command"].decode() == shlex.join(command)


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_parts_have_other_formats(run: Run, tmp_path: Path, kind: str) -> None:
    """A folder as input and a text format as output."""
    source = tmp_path / "papers"
    source.mkdir()
    papers(source / "a.jsonl", 30)
    done = run("predict", str(source), "-o", f"{tmp_path / 'out'}/", "--format", kind, "--rows-per-part", "20")
    assert done.returncode == 0
    assert sorted(contents(tmp_path / "out")) == ["_finished.json", f"part-00000.{kind}", f"part-00001.{kind}"]


def test_few_papers_start_no_processes(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process takes a second to start, which is the time of more papers than parquet files say they have."""
    pq.write_table(pa.table({"abstract": ["we study graphs"] * 20}), tmp_path / "papers.parquet")
    started: list[object] = []
    monkeypatch.setattr("adapters.classifier_pool.processes.ProcessPool", lambda *given, **_: started.append(given))
    for more in ((), ("--workers", "2")):
        out = f"{tmp_path / f'out{len(more)}'}/"
        done = run("predict", str(tmp_path / "papers.parquet"), "-o", out, "--model", "baseline", *more)
        assert (done.returncode, len(started)) == (0, len(more) // 2), done.stderr


def test_parts_are_one_table_for_readers_of_folders(run: Run, tmp_path: Path) -> None:
    """The files beside the parts have names that such readers pass over."""
    papers(tmp_path / "papers.jsonl", 60)
    done = run("predict", str(tmp_path / "papers.jsonl"), "-o", f"{tmp_path / 'out'}/", "--rows-per-part", "25")
    others = sorted(path.name for path in (tmp_path / "out").iterdir() if not path.name.startswith("part-"))
    assert done.returncode == 0 and {name[0] for name in others} == {"_", "."}
    assert pq.read_table(tmp_path / "out").num_rows == 60


def test_the_same_command_writes_what_is_missing(run: Run, tmp_path: Path) -> None:
    """A part that is missing or cut off is made again. A dry run reports the rows that are left and writes nothing."""
    source, out = papers(tmp_path / "a.jsonl", 90), tmp_path / "out"
    command = ("predict", str(source), "-o", f"{out}/", "--rows-per-part", "30")
    done = run(*command, "--dry-run")
    assert done.stderr.decode() == "Parts: 3, with 90 rows. Written: 0. Left: 3, with 90 rows.\n"
    assert not out.exists()
    assert run(*command).returncode == 0
    before = contents(out)
    (out / "part-00001.parquet").unlink()
    os.truncate(out / "part-00002.parquet", 100)
    done = run(*command, "--dry-run")
    assert done.stderr.decode() == "Parts: 3, with 90 rows. Written: 1. Left: 2, with 60 rows.\n"
    assert not (out / "part-00001.parquet").exists()
    done = run(*command)
    assert done.stderr.decode().splitlines()[0] == f"Parts in {out}: 3, with 90 rows; 1 of them from an earlier run."
    assert contents(out) == before


def test_a_folder_of_parts_without_a_slash_is_answered_with_it(run: Run, tmp_path: Path) -> None:
    """The sentence has the name to type."""
    source = papers(tmp_path / "a.jsonl", 5)
    assert run("predict", str(source), "-o", "out/").returncode == 0
    assert run("predict", str(source), "-o", "out").sentence.endswith("end its name in a slash: out/")


def test_an_interrupt_says_how_to_go_on(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C within a part leaves the parts before it, and the line above `Interrupted.` tells what to do."""
    write, calls = ParquetWriter.write, []

    def interrupted(self: ParquetWriter, *arguments: Any, **named: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        write(self, *arguments, **named)

    monkeypatch.setattr(ParquetWriter, "write", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    done = run("predict", str(papers(tmp_path / "a.jsonl", 40)), "-o", "out/", "--rows-per-part", "20")
    signal.signal(signal.SIGINT, before)
    said = "The same command writes the missing parts.\n\nInterrupted.\n"
    assert (done.returncode, done.stderr.decode()) == (130, said)
    assert sorted(contents(tmp_path / "out")) == ["part-00000.parquet"]


def test_an_input_without_a_good_row_is_an_error(run: Run, tmp_path: Path) -> None:
    """The command fails as it does with one file of output, also if all parts are there. Their reasons stay."""
    (tmp_path / "a.jsonl").write_text("x\n" * 5, "utf-8")
    for _ in range(2):
        done = run("predict", "a.jsonl", "-o", "out/", "--rows-per-part", "2")
        said = "Error: No row of 5 could be read. out/_rejected-*.jsonl say which and why."
        assert (done.returncode, done.stderr.decode().splitlines()[-1]) == (2, said)
    assert (tmp_path / "out" / "_rejected-00002.jsonl").exists()


@pytest.mark.parametrize("engine", ["local", "ray"])
def test_warnings_of_parts_are_counted(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    """The command says how many texts of the parts that it wrote have each warning, on every engine."""
    monkeypatch.setitem(ENGINES, "ray", "tests.fakes.engine:fake_engine")
    texts = ["graphs", "rings and fields of graphs", "proofs"]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"abstract": text}) + "\n" for text in texts), "utf-8")
    done = run("predict", "a.jsonl", "-o", "out/", "--rows-per-part", "1", "--engine", engine)
    said = "Warning for 2 abstracts: The text has fewer than four words. Give the whole abstract."
    assert said in done.stderr.decode().splitlines()


def test_rejected_rows_of_an_earlier_run_are_told_again(run: Run, tmp_path: Path) -> None:
    """A run that goes on says how many rows of all parts could not be read."""
    command = ("predict", str(papers(tmp_path / "a.jsonl", 200)), "-o", "out/", "--rows-per-part", "100")
    assert run(*command).returncode == 0
    (tmp_path / "out" / "part-00001.parquet").unlink()
    assert run(*command).stderr.decode().splitlines()[1].startswith("2 rows could not be read.")


@pytest.mark.parametrize("option", ["--rows-per-part", "--engine", "--ray-address"])
def test_options_of_parts_are_refused_for_one_file(run: Run, tmp_path: Path, option: str) -> None:
    """An option that would do nothing is an error, which says what it goes with."""
    papers(tmp_path / "a.jsonl", 5)
    value = {"--rows-per-part": "5", "--engine": "ray", "--ray-address": "auto"}[option]
    said = run("predict", "a.jsonl", "-o", "out.jsonl", option, value).stderr.decode()
    assert "FOLDER/, which ends in a slash." in said and option in said


def test_a_mistake_in_the_command_leaves_the_folder_free(run: Run, tmp_path: Path) -> None:
    """A command that fails before its first part says so in one sentence, and the right one may follow it."""
    source, out = papers(tmp_path / "a.jsonl", 20), tmp_path / "out"
    (tmp_path / "b.jsonl").write_text('{"id": "1", "text": "We study graphs."}\n', "utf-8")
    for wrong in ((str(tmp_path / "b.jsonl"),), (str(source), "--keep-columns", "id"), (str(source), "--date", "x")):
        assert run("predict", *wrong, "-o", f"{out}/").sentence
    assert run("predict", str(source), "-o", f"{out}/").returncode == 0
    assert sorted(contents(out)) == ["_finished.json", "part-00000.parquet"]


def test_the_output_may_lie_in_the_folder_of_the_papers(run: Run, tmp_path: Path) -> None:
    """The parts of an earlier run are no input of the same command."""
    source = tmp_path / "papers"
    source.mkdir()
    papers(source / "a.jsonl", 40)
    command = ("predict", "papers", "-o", "papers/out/", "--rows-per-part", "20", "--format", "jsonl")
    assert run(*command).returncode == 0
    before = contents(source / "out")
    (source / "out" / "part-00001.jsonl").unlink()
    assert "2, with 40 rows; 1 of them" in run(*command).stderr.decode()
    assert contents(source / "out") == before
    assert "lies in" in run("predict", "papers/out", "-o", "papers/out/").sentence


def test_another_command_is_refused(run: Run, tmp_path: Path) -> None:
    """Another choice, a changed input and a folder with other files are one sentence each, and nothing is written."""
    source, out = papers(tmp_path / "a.jsonl", 20), tmp_path / "out"
    command = ("predict", str(source), "-o", f"{out}/")
    assert run(*command).returncode == 0
    before = contents(out)
    assert "What differs: the choice of categories." in run(*command, "--top-k", "2").sentence
    papers(source, 21)
    assert f"What differs: the input ({source} has changed)." in run(*command).sentence
    assert "lies in" in run("predict", str(source), "-o", f"{tmp_path}/").sentence
    other = tmp_path / "mine"
    other.mkdir()
    (other / "thesis.tex").write_text("mine", "utf-8")
    assert "holds thesis.tex" in run("predict", str(source), "-o", f"{other}/").sentence
    assert contents(out) == before


def test_parts_have_the_columns_that_were_asked_for(run: Run, tmp_path: Path) -> None:
    """Layout, names and primary categories are those of a single file, and another form is refused."""
    source, out = papers(tmp_path / "a.jsonl", 40), tmp_path / "out"
    form = ("--layout", "rows", "--names", "--primary")
    assert run("predict", str(source), "-o", f"{out}/", *form).returncode == 0
    assert run("predict", str(source), "-o", str(tmp_path / "one.parquet"), *form).returncode == 0
    part, one = pq.read_table(out / "part-00000.parquet"), pq.read_table(tmp_path / "one.parquet")
    assert part.schema.names == ["id", "primary", "label", "probability", "name"]
    assert part.equals(one)
    assert part.num_rows >= 39 and None not in part["primary"].to_pylist()
    assert "What differs: the columns of the output." in run("predict", str(source), "-o", f"{out}/").sentence


@pytest.mark.parametrize("layout", ["list", "rows", "columns"])
def test_kept_columns_stand_beside_the_predictions_of_their_rows(run: Run, tmp_path: Path, layout: str) -> None:
    """Rows that cannot be read are left out with what would be kept of them, in parts as in one file."""
    years = pa.array([2000 + number for number in range(40)], pa.int16())
    texts = ["" if number % 7 == 3 else f"we study the {WORDS[number % 10]}" for number in range(40)]
    pq.write_table(
        pa.table({"id": [str(n) for n in range(40)], "abstract": texts, "Year": years}), tmp_path / "a.parquet"
    )
    form = ("--keep-columns", "Year", "--layout", layout)
    assert run("predict", "a.parquet", "-o", f"{tmp_path / 'out'}/", "--rows-per-part", "16", *form).returncode == 0
    assert run("predict", "a.parquet", "-o", "one.parquet", *form).returncode == 0
    one = pq.read_table(tmp_path / "one.parquet")
    assert one.schema.field("Year").type == pa.int16()
    found = dict(zip(one["id"].to_pylist(), one["Year"].to_pylist(), strict=True))
    assert found == {str(n): 2000 + n for n in range(40) if n % 7 != 3}
    parts = pa.concat_tables([pq.read_table(path) for path in sorted((tmp_path / "out").glob("*.parquet"))])
    assert parts.to_pylist() == one.to_pylist()


def test_kept_columns_of_several_types_are_the_same_on_an_engine(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every part has the type that holds the values of all files, and the bytes of both engines are the same."""
    monkeypatch.setitem(ENGINES, "ray", "tests.fakes.engine:fake_engine")
    for name, years in (("a", pa.nulls(20)), ("b", pa.array(range(20), pa.int8())), ("c", pa.array([0.5] * 20))):
        texts = [f"we study the {WORDS[number % 10]}" for number in range(20)]
        pq.write_table(pa.table({"id": [str(n) for n in range(20)], "abstract": texts, "y": years}), f"{name}.parquet")
    command = ("predict", "a.parquet", "b.parquet", "c.parquet", "--keep-columns", "y", "--rows-per-part", "15")
    assert run(*command, "-o", "out/").returncode == 0
    assert run(*command, "-o", "ray/", "--engine", "ray").returncode == 0
    assert contents(tmp_path / "ray") == contents(tmp_path / "out")
    kept = pq.read_table(sorted(str(path) for path in (tmp_path / "out").glob("*.parquet")))["y"]
    assert (kept.type, kept.to_pylist()) == (pa.float64(), [None] * 20 + [float(n) for n in range(20)] + [0.5] * 20)
    assert run(*command[:-2], "-o", "one.parquet").returncode == 0
    assert pq.read_table(tmp_path / "one.parquet")["y"].equals(kept)


def test_kept_values_of_json_lines_stay_as_they_are(run: Run, tmp_path: Path) -> None:
    """Numbers, lists and missing values come back; CSV writes them in a cell."""
    rows = [{"id": "1", "abstract": "We study graphs.", "tags": ["a", 1], "n": 1.5}, {"abstract": "We study rings."}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    done = run("predict", "a.jsonl", "--keep-columns", "tags,n")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["tags"], first["n"], second["tags"], second["n"]) == (["a", 1], 1.5, None, None)
    done = run("predict", "a.jsonl", "--keep-columns", "tags,n", "--format", "csv")
    header, first, second = csv.reader(done.stdout.decode().splitlines())
    assert header == ["id", "labels", "probabilities", "tags", "n"]
    assert (first[3:], second[3:]) == (['["a", 1]', "1.5"], ["", ""])


def test_a_path_of_another_kind_than_model_type_is_refused(
    run: Run, store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """MODEL_TYPE beside a MODEL_PATH of another kind is refused before a part is written."""
    (version,) = (store / "fake").iterdir()
    monkeypatch.setenv("MODEL_PATH", str(version))
    command = ("predict", str(papers(tmp_path / "a.jsonl", 5)), "-o", f"{tmp_path / 'out'}/")
    monkeypatch.setenv("MODEL_TYPE", "baseline")
    assert "a model of kind 'fake'" in run(*command).sentence
    assert not (tmp_path / "out").exists()
    monkeypatch.setenv("MODEL_TYPE", "fake")
    assert run(*command).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--keep-columns", "id"), "two columns named id"),
        (("--keep-columns", "Year"), "--keep-columns Year names one that does not exist"),
        (("--format", "table", "--keep-columns", "n"), "go with --format jsonl, csv or parquet"),
    ],
)
def test_columns_that_cannot_be_kept_are_refused(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """One sentence says which and why."""
    papers(tmp_path / "a.jsonl", 5)
    assert said in run("predict", "a.jsonl", *arguments).stderr.decode()


def test_layout_columns_has_every_category_unless_a_choice_is_named(run: Run, tmp_path: Path) -> None:
    """Without a choice no cell is null. With one, those of other categories are."""
    source = papers(tmp_path / "a.jsonl", 10)
    for options, nulls in (((), 0), (("--top-k", "1"), 4)):
        output = tmp_path / f"{nulls}.parquet"
        done = run("predict", str(source), "-o", str(output), "--layout", "columns", *options)
        assert done.returncode == 0
        table = pq.read_table(output)
        assert {sum(value is None for value in row.values()) for row in table.to_pylist()} == {nulls}


def test_workers_and_output_leave_the_recorded_command_as_it_is(run: Run, tmp_path: Path) -> None:
    """Parts of the same rows are the same bytes, wherever they are written and however many processes predict."""
    source = papers(tmp_path / "a.jsonl", 10)
    for name, more in (("one", ()), ("two", ("--batch-size", "3"))):
        assert run("predict", str(source), "-o", f"{tmp_path / name}/", *more).returncode == 0
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a.jsonl", "--layout", "rows", "--format", "csv"), "--layout rows goes with --format parquet, not csv."),
        (("a.jsonl", "--layout", "columns", "--names"), "--names does not go with --layout columns"),
        (("--text", "We study graphs."), "--text goes with one file of output"),
        (("-",), "Standard input cannot be read twice."),
        ((), "Name the files, folders or patterns to read."),
        (("a.jsonl", "--format", "table"), "Parts are written as parquet, jsonl, csv, not as table."),
        (("a.jsonl", "--ray-address", "auto"), "--ray-address goes with --engine ray."),
        (("nosuch.jsonl",), "There is no file nosuch.jsonl."),
        (("",), "INPUT is blank."),
        (("2606.01234",), "predict --arxiv 2606.01234"),
        (("we", "study", "graphs"), "A text is given in quotes"),
    ],
)
def test_what_does_not_go_with_parts_is_refused(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Each option that parts cannot have is refused before a folder is made."""
    done = run("predict", *arguments, "-o", f"{tmp_path / 'out'}/")
    assert (done.returncode, said in done.stderr.decode(), (tmp_path / "out").exists()) == (2, True, False)


def start(source: Path, out: Path) -> "subprocess.Popen[bytes]":
    """A prediction by the shipped baseline with two workers, in a process of its own."""
    command = [
        "predict",
        str(source),
        "-o",
        f"{out}/",
        "--rows-per-part",
        "200",
        "--workers",
        "2",
        "--model",
        "baseline",
    ]
    return subprocess.Popen([sys.executable, "-m", "entrypoints", *command], stderr=subprocess.PIPE)


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_point_ends_as_if_undisturbed(tmp_path: Path) -> None:
    """After six kills at random points the same command finishes with the parts of a run that was never killed."""
    source, chance = papers(tmp_path / "a.jsonl", 12_000), random.Random(3)
    with start(source, tmp_path / "whole") as run:
        assert run.wait(120) == 0
    out = tmp_path / "out"
    for _ in range(6):
        with start(source, out) as run:
            time.sleep(chance.uniform(0.3, 2.5))
            run.send_signal(signal.SIGKILL)
        names = {path.name for path in out.iterdir()} if out.exists() else set()
        assert "_finished.json" not in names or len(names) > 60
    with start(source, out) as run:
        assert run.wait(120) == 0
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.slow
def test_a_full_disk_leaves_whole_parts(tmp_path: Path) -> None:
    """A disk of 100 KB that fills up ends the run with a sentence. With more room the same command finishes."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(small)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs may be mounted here: {mounted.stderr.decode().strip()}")
    try:
        source = papers(tmp_path / "a.jsonl", 6_000)
        with start(source, small / "out") as run:
            said = run.communicate(timeout=120)[1].decode()
        assert run.returncode != 0 and "No space left on device" in said, said
        assert "Something unforeseen" not in said and "Traceback" not in said
        assert not [path for path in (small / "out").iterdir() if path.name.startswith(".part-")]
        subprocess.run(["mount", "-o", "remount,size=8m", str(small)], check=True)
        with start(source, small / "out") as run:
            assert run.wait(120) == 0
        with start(source, tmp_path / "whole") as run:
            assert run.wait(120) == 0
        assert contents(small / "out") == contents(tmp_path / "whole")
    finally:
        subprocess.run(["umount", str(small)], check=True)
