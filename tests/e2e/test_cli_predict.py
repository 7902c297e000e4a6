"""`arxiv-classifier predict`, mostly in this process. Tests of signals, pipes and memory start another one."""

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from domain.abstract import MAX_CHARACTERS
from domain.prediction_warning import PredictionWarning as W
from tests.e2e.done import Run
from tests.waiting import until

ROWS: list[dict[str, str | None]] = [
    {"id": "2101.1", "title": "On pixels", "abstract": "image camera segmentation"},
    {"id": None, "abstract": "string brane duality"},
    {"id": "2101.3", "abstract": "network gradient training"},
]
LABELS = ["cs.CV", "hep-th", "cs.LG"]
IDS = [row["id"] for row in ROWS]


def _file(folder: Path, kind: str) -> Path:
    path = folder / f"papers.{kind}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    elif kind == "csv":
        lines = [f"{row['id'] or ''},{row.get('title', '')},{row['abstract']}" for row in ROWS]
        path.write_text("\n".join(["id,title,abstract", *lines]) + "\n")
    else:
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    return path


def test_a_text_gives_a_table(run: Run) -> None:
    """One abstract on the command line gives a table."""
    done = run("predict", "--text", "image camera segmentation", "--title", "Pixels")
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[1].startswith("cs.CV ")
    assert done.stderr.decode().startswith("Answered by the model fake/")


def test_a_text_that_can_hardly_be_read_is_warned_of(run: Run) -> None:
    """Each warning of a text is a line on stderr, and its code is in the JSON output."""
    done = run("predict", "--text", "2301.01234", "--format", "jsonl")
    said = done.stderr.decode().splitlines()
    assert said[:2] == [f"Warning: {w.sentence}" for w in (W.NO_KNOWN_WORD, W.FEW_WORDS)]
    assert [each["code"] for each in json.loads(done.stdout)["warnings"]] == ["no_known_word", "few_words"]


def test_the_warnings_of_a_file_are_counted(run: Run, tmp_path: Path) -> None:
    """For a file, each kind of warning is a line with the number of abstracts that have it."""
    texts = ["image camera segmentation pixels", "image", "string brane", "Мы изучаем камеры и изображения"]
    path = tmp_path / "papers.jsonl"
    path.write_text("".join(json.dumps({"abstract": text}) + "\n" for text in texts))
    done = run("predict", str(path))
    assert done.stderr.decode().splitlines()[:3] == [
        f"Warning for 1 abstract: {W.NO_KNOWN_WORD.sentence}",
        f"Warning for 1 abstract: {W.OTHER_SCRIPT.sentence}",
        f"Warning for 2 abstracts: {W.FEW_WORDS.sentence}",
    ]
    assert ["warnings" in json.loads(line) for line in done.stdout.splitlines()] == [False, True, True, True]


def test_a_warning_is_an_event_where_the_log_is_json(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a JSON log, a warning has its code and the number of abstracts."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_LOG_FORMAT", "json")
    done = run("predict", "--text", "image")
    events = [json.loads(line) for line in done.stderr.splitlines()]
    (warning,) = [event for event in events if event["event"] == "prediction_warning"]
    assert (warning["level"], warning["code"], warning["abstracts"]) == ("warning", "few_words", 1)


@pytest.mark.parametrize(("kind", "said"), [("baseline", ""), ("minilm", "Answered by the model minilm/")])
def test_a_shipped_model_is_named_unless_it_is_the_default(run: Run, kind: str, said: str) -> None:
    """A shipped model other than the default is named on stderr, also where --model chose it."""
    done = run("predict", "--text", "image camera segmentation pixels", "--model", kind)
    assert (done.returncode, done.stderr.decode()[: len(said) or None]) == (0, said)


def test_a_text_gives_every_category_as_json(run: Run) -> None:
    """`--threshold 0 --top-k 0 --format jsonl` gives all categories, most probable first."""
    done = run("predict", "--text", "image", "--threshold", "0", "--top_k", "0", "--format", "jsonl")
    (row,) = map(json.loads, done.stdout.splitlines())
    probabilities = [entry["probability"] for entry in row["predictions"]]
    assert row["id"] is None
    assert len(probabilities) == 5
    assert probabilities == sorted(probabilities, reverse=True)


def test_a_threshold_that_is_given_holds_without_exception(run: Run) -> None:
    """If nothing reaches --threshold, nothing is given. Without it, the most probable category is given."""
    call = ("predict", "--text", "words nobody knows", "--format", "jsonl")
    assert json.loads(run(*call, "--threshold", "0.99").stdout)["predictions"] == []
    assert len(json.loads(run(*call, "--model", "fake").stdout)["predictions"]) >= 1


def test_top_k_gives_the_most_probable(run: Run) -> None:
    """`--top-k 5` gives five categories whatever their probability.

    With a threshold, it gives only those that reach it.
    """
    call = ("predict", "--text", "image camera segmentation", "--format", "jsonl", "--top-k", "5")
    assert len(json.loads(run(*call).stdout)["predictions"]) == 5
    assert len(json.loads(run(*call, "--threshold", "0.5").stdout)["predictions"]) == 1


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_a_file_gives_json_lines_in_its_order(run: Run, tmp_path: Path, kind: str) -> None:
    """Every input format gives one line per abstract, with ids and order kept."""
    done = run("predict", _file(tmp_path, kind), "--top-k", "1")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == IDS
    assert [row["predictions"][0]["label"] for row in rows] == LABELS


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_stdin_is_read_in_every_format(run: Run, tmp_path: Path, kind: str) -> None:
    """`-` with --input-format reads stdin."""
    done = run("predict", "-", "--input-format", kind, input=_file(tmp_path, kind).read_bytes())
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == IDS


def test_the_suffix_of_the_output_says_its_format(run: Run, tmp_path: Path) -> None:
    """`--output` names a file and, by its suffix, the format. No other file is left beside it."""
    source = _file(tmp_path, "jsonl")
    outputs = [tmp_path / "out" / name for name in ("p.csv", "p.parquet", "p.jsonl")]
    outputs[0].parent.mkdir()
    for output in outputs:
        assert run("predict", source, "--output", output).stdout == b""
    assert [row["id"] for row in csv.DictReader(io.StringIO(outputs[0].read_text()))] == ["2101.1", "", "2101.3"]
    assert pq.read_table(outputs[1]).column("id").to_pylist() == IDS
    assert len(outputs[2].read_text().splitlines()) == 3
    assert sorted(outputs[0].parent.iterdir()) == sorted(outputs)


@pytest.mark.parametrize(("name", "unpacked"), [("p.csv.gz", "p.csv"), ("p.jsonl.zst", "p.jsonl")])
def test_the_output_is_compressed_as_its_suffix_says(run: Run, tmp_path: Path, name: str, unpacked: str) -> None:
    """`.gz` and `.zst` after .csv or .jsonl compress the same content that is written without them."""
    source = _file(tmp_path, "jsonl")
    assert run("predict", source, "--output", name).returncode == 0
    assert run("predict", source, "--output", unpacked).returncode == 0
    packed = Path(name).read_bytes()
    plain = (
        gzip.decompress(packed)
        if name.endswith(".gz")
        else zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    )
    assert plain == Path(unpacked).read_bytes()
    assert sorted(path.name for path in Path().iterdir()) == sorted([source.name, name, unpacked])


def test_parquet_is_not_compressed_again(run: Run, tmp_path: Path) -> None:
    """`.parquet.gz` is refused, because no program reads it."""
    done = run("predict", _file(tmp_path, "jsonl"), "--output", "p.parquet.gz")
    assert done.returncode == 2
    assert "Name the file without .gz" in done.sentence


def test_a_hyphen_is_stdout(run: Run, tmp_path: Path) -> None:
    """`--output -` writes to stdout, as without --output."""
    source = _file(tmp_path, "jsonl")
    assert run("predict", source, "--output", "-").stdout == run("predict", source).stdout != b""
    assert not Path("-").exists()


@pytest.mark.parametrize("output", ["", " "])
def test_an_output_that_names_no_file(run: Run, tmp_path: Path, output: str) -> None:
    """A blank name is refused, and nothing is written."""
    source = _file(tmp_path, "jsonl")
    before = sorted(tmp_path.iterdir())
    done = run("predict", source, "--output", output)
    assert done.returncode == 2
    assert b"names no file" in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_more_categories_than_there_are(run: Run) -> None:
    """A --top-k beyond every number gives all categories."""
    call = ("predict", "--text", "image", "--threshold", "0", "--format", "jsonl", "--top-k")
    assert run(*call, "9" * 20).stdout == run(*call, "0").stdout != b""


@pytest.mark.parametrize("way", ["same", "spelling", "symbolic link", "hard link"])
def test_the_input_is_not_replaced(run: Run, tmp_path: Path, way: str) -> None:
    """An output that is the input, by whatever path or link, is refused, and the papers stay."""
    source, link = _file(tmp_path, "jsonl"), tmp_path / "link.jsonl"
    before = source.read_bytes()
    others: dict[str, object] = {"same": source, "spelling": f"../{tmp_path.name}/./papers.jsonl"}
    if way == "symbolic link":
        link.symlink_to(source)
    elif way == "hard link":
        link.hardlink_to(source)
    done = run("predict", source, "--output", others.get(way, link))
    assert done.returncode == 2
    assert "would be read and overwritten. Name another file" in done.sentence
    assert source.read_bytes() == before


@pytest.mark.parametrize("into", ["--output", ">>"])
def test_stdin_is_not_replaced(command: Sequence[str], environment: dict[str, str], tmp_path: Path, into: str) -> None:
    """The same file as stdin and as output, or as stdout and as input, is refused."""
    source = _file(tmp_path, "jsonl")
    before = source.read_bytes()
    with source.open("rb") as stdin, source.open("ab") as stdout:
        done = subprocess.run(
            [*command, "predict", *(["-", "--output", str(source)] if into == "--output" else [str(source)])],
            stdin=stdin,
            stdout=subprocess.PIPE if into == "--output" else stdout,
            stderr=subprocess.PIPE,
            env=environment,
            timeout=60,
        )
    assert done.returncode == 2
    assert b"are one file" in done.stderr
    assert source.read_bytes() == before


def test_bad_records_are_reported_with_their_line_and_left_out(run: Run, tmp_path: Path) -> None:
    """A record that cannot be read is named on stderr and counted. The others are predicted."""
    source = tmp_path / "papers.jsonl"
    source.write_text('{"id": "a", "abstract": "an image of images"}\n{"id": "b", "abs\n{"id": "c", "abstract": " "}\n')
    done = run("predict", source)
    assert done.returncode == 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["a"]
    first, second, summary, _ = done.stderr.decode().splitlines()
    assert first.startswith(f"{source}:2: ")
    assert second.startswith(f"{source}:3: ")
    assert summary.startswith("2 bad records left out.")


def _empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    (folder / "empty" / "thesis.tex").write_text("mine")
    return folder / "empty"


def _bad_inputs(folder: Path) -> dict[str, list[object]]:
    (folder / "half.jsonl").write_text('{"id": "a", "abstract": "image"}\n{"id": "b", "abs')
    (folder / "other.csv").write_text("identifier,summary\n1,image\n")
    (folder / "cut.parquet").write_bytes(_file(folder, "parquet").read_bytes()[:-40])
    (folder / "all_bad.jsonl").write_text("{\n[\n")
    (folder / "papers.odd").write_text("abstract\nimage\n")
    (folder / "binary.jsonl").write_bytes(bytes(range(256)))
    return {
        "blank": ["--text", " \n "],
        "over-long": ["--text", "a" * (MAX_CHARACTERS + 1)],
        "half a line, strict": [folder / "half.jsonl", "--strict"],
        "other columns": [folder / "other.csv"],
        "cut parquet": [folder / "cut.parquet"],
        "nothing readable, strict": [folder / "all_bad.jsonl", "--strict"],
        "no text at all": [folder / "binary.jsonl"],
        "unknown suffix": [folder / "papers.odd"],
        "not there": [folder / "nowhere.jsonl"],
        "a folder without papers": [_empty(folder)],
        "several, one not there": [folder / "all_bad.jsonl", folder / "nowhere.csv"],
        "a text": ["We propose a method."],
        "an identifier": ["2301.01234"],
        "an address": ["nosuch://example.org/papers.csv"],
    }


WANTED = {
    "blank": "blank",
    "over-long": "20,001 characters; the limit is 20,000",
    "half a line, strict": "half.jsonl:2: ",
    "other columns": "summary",
    "cut parquet": "cut.parquet",
    "nothing readable, strict": "all_bad.jsonl:1: ",
    "no text at all": "binary.jsonl is binary data, not JSON Lines. Give text in UTF-8.",
    "a folder without papers": "has no file of papers (.parquet, .jsonl, .csv, .tsv, .xlsx).",
    "several, one not there": "nowhere.csv. Check its path.",
    "a text": "arxiv-classifier predict --text 'We propose a method.'",
    "an identifier": "2301.01234 is an arXiv identifier",
    "an address": "begins with nosuch://, which is not known",
    "unknown suffix": "--input-format",
    "not there": "nowhere.jsonl",
}


@pytest.mark.parametrize("what", WANTED)
def test_input_that_cannot_be_read_is_one_sentence_and_no_output(run: Run, tmp_path: Path, what: str) -> None:
    """Bad input ends with exit code 2, one sentence that names it, and no file at the output."""
    output = tmp_path / "out" / "predictions.jsonl"
    output.parent.mkdir()
    done = run("predict", *_bad_inputs(tmp_path)[what], "--output", output)
    assert done.returncode == 2
    assert WANTED[what] in done.sentence
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["We", "propose", "a", "net"], "arxiv-classifier predict --text 'We propose a net'"),
        (["--text", "We", "propose"], "arxiv-classifier predict --text 'We propose'"),
        (["--text", "We propose a net.", "--title", "On", "nets"], "--arxiv-file. A text or title of several words"),
        (["-", "b.csv"], "Standard input, -, goes with no other INPUT."),
    ],
)
def test_several_words_are_no_input(run: Run, arguments: list[str], said: str) -> None:
    """A text without quotes is answered with the quotes; standard input is read alone."""
    done = run("predict", *arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()


def test_several_inputs_are_one_after_another(run: Run, tmp_path: Path) -> None:
    """Files, folders and patterns of any format make one output, each file once."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    lines = [json.dumps({"id": f"{n}", "abstract": f"we study image {n}"}) + "\n" for n in range(4)]
    (tmp_path / "in" / "b.jsonl").write_text(lines[1])
    (tmp_path / "in" / "deep" / "c.jsonl").write_text(lines[2])
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:  # as Kaggle gives arXiv's snapshot
        archive.writestr("arxiv-metadata-oai-snapshot.json", lines[3])
    (tmp_path / "a.csv").write_text("id,abstract\n0,we study image 0\n")
    done = run("predict", "a.csv", "in", "in/*.jsonl", "archive.zip", "-o", "out.jsonl")
    assert done.returncode == 0
    assert [json.loads(line)["id"] for line in (tmp_path / "out.jsonl").read_bytes().splitlines()] == list("0123")
    before = (tmp_path / "in" / "b.jsonl").read_bytes()
    assert "would be read and overwritten" in run("predict", "in", "-o", "in/b.jsonl").sentence
    assert (tmp_path / "in" / "b.jsonl").read_bytes() == before


@pytest.mark.parametrize("output", ["s3://bucket/out/", "s3://bucket/out.jsonl"])
def test_an_address_is_no_place_for_output(run: Run, tmp_path: Path, output: str) -> None:
    """The error says why, and what to do in its place."""
    done = run("predict", _file(tmp_path, "csv"), "-o", output)
    assert done.returncode == 2
    assert "Output needs renames and locks, which object stores lack. Write to a folder" in done.stderr.decode()


def test_a_pipe_is_read_as_a_file(run: Run, tmp_path: Path) -> None:
    """A named pipe, as `<(...)` makes in a shell, is read like a file."""
    os.mkfifo("pipe")
    content = _file(tmp_path, "csv").read_bytes()
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(content), daemon=True)
    writer.start()
    done = run("predict", "pipe", "--input-format", "csv")
    writer.join(10)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["2101.1", None, "2101.3"]


def test_what_stood_at_the_output_stays_when_prediction_fails(run: Run, tmp_path: Path) -> None:
    """A failed run leaves the file of an earlier run as it was."""
    output = tmp_path / "out.jsonl"
    output.write_text("earlier")
    done = run("predict", _bad_inputs(tmp_path)["half a line, strict"][0], "--strict", "--output", output)
    assert done.returncode == 2
    assert output.read_text() == "earlier"


def test_a_file_in_which_nothing_can_be_read_is_an_error(run: Run, tmp_path: Path) -> None:
    """If every record is bad, the exit code is 2 and nothing is written."""
    done = run("predict", *_bad_inputs(tmp_path)["nothing readable, strict"][:1], "--output", tmp_path / "out.csv")
    assert done.returncode == 2
    assert done.stderr.decode().splitlines()[-1] == "Error: None of the 2 records could be read."
    assert not (tmp_path / "out.csv").exists()


def test_repeated_errors_are_counted(run: Run, tmp_path: Path) -> None:
    """For a hundred lines that are no JSON, three are named and 97 counted, whether or not others can be read."""
    source = tmp_path / "papers.jsonl"
    source.write_text("half a line\n" * 100)
    said = run("predict", source).stderr.decode().splitlines()
    assert [line.partition(": ")[0] for line in said[:3]] == [f"{source}:{number}" for number in (1, 2, 3)]
    assert said[3].startswith("... and 97 more of this kind: The line is not JSON")
    assert said[4:] == ["Error: None of the 100 records could be read."]
    source.write_text("half a line\n" * 100 + '{"abstract": "image"}\n')
    said = run("predict", source).stderr.decode().splitlines()
    assert said[4].startswith("100 bad records left out.")


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("a.jsonl", "", 0, "a.jsonl holds no records."),
        ("a.jsonl", " \n\n", 0, "a.jsonl holds no records."),
        ("a.csv", "id,abstract\n", 0, "a.csv holds no records."),
        ("a.csv", "", 2, "Error: a.csv is empty. The first line names the columns, abstract among them."),
        ("-", "", 0, "Standard input holds no records."),
    ],
)
def test_an_input_without_records_is_told(run: Run, name: str, content: str, code: int, said: str) -> None:
    """An input without records is reported, and so is a CSV file without a header."""
    if name != "-":
        Path(name).write_text(content)
    done = run("predict", name)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (code, b"", f"{said}\n")


@pytest.mark.parametrize("output", ["nowhere/out.jsonl", ".", "/proc/out.jsonl"])
def test_output_that_cannot_be_written_is_one_sentence(run: Run, output: str) -> None:
    """A missing folder, a folder in place of a file, and a place without permission are exit code 2 and a sentence."""
    done = run("predict", "--text", "image", "--output", output)
    assert done.returncode == 2
    assert output in done.sentence


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("format_", ["table", "jsonl", "csv", "parquet"])
def test_a_full_disk_is_one_sentence(run: Run, tmp_path: Path, format_: str) -> None:
    """If the disk of the output is full, the exit code is 1 and a sentence says so."""
    done = run("predict", _file(tmp_path, "jsonl"), "--format", format_, "--output", "/dev/full")
    assert done.returncode == 1
    assert "No space left on device" in done.sentence


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout_is_one_sentence(command: Sequence[str], environment: dict[str, str]) -> None:
    """If the disk of stdout is full, the exit code is 1 with one sentence, and the interpreter's end adds none."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*command, "predict", "--text", "x"], stdout=full, stderr=subprocess.PIPE, env=environment, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr == b"Error: Writing to standard output failed: No space left on device.\n"


def test_a_parquet_file_given_up_half_way_has_no_end(run: Run, tmp_path: Path) -> None:
    """Parquet that went to stdout before an error lacks its end, so that no reader takes it for a whole file."""
    done = run("predict", _bad_inputs(tmp_path)["half a line, strict"][0], "--strict", "--format", "parquet")
    assert done.returncode == 2
    assert not done.stdout[4:].endswith(b"PAR1")


def test_a_reader_that_leaves_is_no_error(command: Sequence[str], environment: dict[str, str], tmp_path: Path) -> None:
    """`predict ... | head -1` writes nothing to stderr and ends as with SIGPIPE."""
    source = tmp_path / "many.jsonl"
    source.write_text('{"abstract": "image"}\n' * 20_000)
    with subprocess.Popen(
        [*command, "predict", str(source)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


@pytest.mark.parametrize(("signal_", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_leaves_nothing(
    command: Sequence[str], environment: dict[str, str], tmp_path: Path, signal_: signal.Signals, code: int
) -> None:
    """Control-C and a termination end the command with the shell's code and without a partial file."""
    output = tmp_path / "out" / "predictions.jsonl"
    output.parent.mkdir()
    with subprocess.Popen(
        [*command, "predict", "-", "--output", str(output)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        # A shell starts background jobs with Control-C ignored, and their children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b'{"abstract": "image"}\n' * 2000)
        process.stdin.flush()
        until(lambda: any(path.stat().st_size for path in output.parent.iterdir()))
        process.send_signal(signal_)
        assert process.wait(60) == code
    assert list(output.parent.iterdir()) == []


def test_a_missing_model_is_exit_code_3(run: Run) -> None:
    """A missing model is named, with the known ones."""
    done = run("predict", "--text", "image", "--model", "fake/1999")
    assert done.returncode == 3
    assert "fake/1999" in done.sentence


def test_a_tampered_model_is_exit_code_3(run: Run, store: Path, tmp_path: Path) -> None:
    """A model whose files were changed does not predict."""
    (original,) = (store / "fake").iterdir()
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in original.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    weights = copy / "weights.json"
    weights.write_text(weights.read_text().replace("0", "1", 1))
    done = run("predict", "--text", "image", "--model", copy)
    assert done.returncode == 3
    assert "weights.json" in done.sentence


def test_a_newer_model_format_is_exit_code_3(run: Run, store: Path, tmp_path: Path) -> None:
    """A bundle of an unknown format is refused with both numbers."""
    (original,) = (store / "fake").iterdir()
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in original.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "format_version": 99}))
    done = run("predict", "--text", "image", "--model", copy)
    assert done.returncode == 3
    assert "99" in done.sentence


def test_no_heavy_library_is_imported(command: Sequence[str], environment: dict[str, str]) -> None:
    """Predicting one text imports none of the libraries that take seconds, nor pydantic, which takes a third of one."""
    heavy = {"tensorflow", "keras", "torch", "sklearn", "django", "gradio", "wandb", "datasets", "pandas", "pyarrow"}
    (model,) = Path(environment.pop("ARXIV_CLASSIFIER_ARTIFACTS"), "fake").iterdir()
    del environment["MODEL_TYPE"]
    python, *rest = command
    done = subprocess.run(
        [python, "-X", "importtime", *rest, "predict", "--text", "image", "--model", model],
        capture_output=True,
        env=environment,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    imported = {line.rpartition(b"|")[2].strip().decode().partition(".")[0] for line in done.stderr.splitlines()}
    assert "numpy" in imported  # the list is being read at all
    assert imported & {*heavy, "pydantic", "pydantic_settings", "rich"} == set()


def test_ten_times_the_input_takes_no_more_memory(command: Sequence[str], environment: dict[str, str]) -> None:
    """From 2,000 abstracts to 20,000, the process grows by less than 10 MB."""
    small, large = (_peak_megabytes(command, environment, lines) for lines in (2_000, 20_000))
    assert large - small < 10


def _peak_megabytes(command: Sequence[str], environment: dict[str, str], lines: int) -> float:
    line = json.dumps({"id": "1", "abstract": "image " * 200}).encode() + b"\n"
    # A process reports the peak of its children, so a child in between keeps the two runs apart.
    measured = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", measured, *command, "predict", "-", "--output", os.devnull],
        input=line * lines,
        capture_output=True,
        env=environment,
        timeout=60,
        check=True,
    )
    return float(done.stdout)


def test_words_are_given_with_the_categories(run: Run) -> None:
    """`--explain` in JSON has the words and their contributions to the logit of each given category."""
    done = run("predict", "--text", "image camera segmentation", "--explain", "--format", "jsonl")
    (row,) = map(json.loads, done.stdout.splitlines())
    explanation = row["predictions"][0]["explanation"]
    assert explanation["method"] == "occlusion"
    assert {term["term"] for term in explanation["terms"]} == {"image", "camera", "segmentation"}
    assert all(term["contribution"] > 0 for term in explanation["terms"])


def test_words_are_given_in_the_table(run: Run) -> None:
    """In the table, the words for and against a category are below it."""
    done = run("predict", "--text", "image camera brane", "--explain")
    lines = done.stdout.decode().splitlines()
    assert lines[2].startswith("  for:     ")
    assert "image +" in lines[2]
    assert any(line.startswith("  against: brane -") for line in lines)


def test_a_closed_category_is_explained_by_the_month(run: Run) -> None:
    """A category that arXiv did not have in the paper's month has probability 0 and says why, in table and JSON."""
    call = ("predict", "--text", "image segmentation", "--date", "2012-05", "--model", "baseline", "--explain")
    done = run(*call, "--threshold", "0", "--format", "jsonl")
    (row,) = map(json.loads, done.stdout.splitlines())
    (closed,) = [entry for entry in row["predictions"] if entry["label"] == "eess.IV"]
    assert closed["probability"] == 0
    assert closed["explanation"] == {"method": "closed", "logit": None, "terms": []}
    lines = run(*call, "--threshold", "0").stdout.decode().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("eess.IV "))
    assert lines[at + 1] == "  closed in the month of the paper"


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_flat_formats_have_no_place_for_words(run: Run, format_: str, tmp_path: Path) -> None:
    """`--explain` with CSV or parquet is refused before anything is written."""
    done = run("predict", "--text", "image", "--explain", "-o", str(tmp_path / f"out.{format_}"))
    assert done.returncode == 2
    assert b"--explain goes with --format table or jsonl" in done.stderr
    assert list(tmp_path.iterdir()) == []
