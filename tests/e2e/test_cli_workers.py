"""`arxiv-classifier predict --workers`."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.done import Run
from tests.waiting import until

WORDS = ("image", "brane", "gradient", "proof", "galaxy", "quantum", "inflation", "graph", "protein", "market")
PAPERS = 20_000 + 1_500


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of more papers than one process predicts alone, one of which cannot be read."""
    path = tmp_path_factory.mktemp("papers") / "papers.jsonl"
    lines = [{"id": str(n), "abstract": f"{WORDS[n % 10]} {WORDS[n // 10 % 10]}"} for n in range(PAPERS)]
    lines[PAPERS - 50]["abstract"] = ""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def started(papers: Path, output: Path, workers: int) -> "subprocess.Popen[bytes]":
    """A prediction by the shipped baseline in a process of its own."""
    command = ["predict", str(papers), "--model", "baseline", "--workers", str(workers), "--output", str(output)]
    return subprocess.Popen([sys.executable, "-m", "entrypoints", *command], stderr=subprocess.PIPE)


def test_the_output_is_the_same_whatever_the_number_of_workers(papers: Path, tmp_path: Path) -> None:
    """One process and two write the same bytes and the same messages."""
    outputs = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    runs = [started(papers, path, workers) for workers, path in enumerate(outputs, 1)]
    said = [run.communicate(timeout=120)[1].replace(b"two", b"one") for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    assert said[0] == said[1]
    assert b"1 bad record left out" in said[0]
    assert len(outputs[0].read_bytes().splitlines()) == PAPERS - 1


@pytest.mark.skipif(sys.platform != "linux", reason="looks for children in /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_the_command(tmp_path: Path, number: signal.Signals, request: pytest.FixtureRequest) -> None:
    """However the command is stopped, no worker goes on and no output is left."""
    endless = tmp_path / "endless.jsonl"
    os.mkfifo(endless)
    # A shell that starts tests in the background has them, and all that they start, ignore SIGINT.
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, ignored))
    line = json.dumps({"abstract": "image of a brane"}).encode() + b"\n"
    with started(endless, tmp_path / "out.jsonl", 2) as run, endless.open("wb", buffering=0) as stream:
        stream.write(line * (PAPERS + 3000))
        until(lambda: len(children(run.pid)) == 2)
        workers = children(run.pid)
        run.send_signal(number)
        run.wait(30)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    assert not (tmp_path / "out.jsonl").exists()


def children(pid: int) -> list[str]:
    """The processes that a process has started."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()


def test_a_transformer_takes_no_workers(run: Run) -> None:
    """A transformer refuses several workers, because its one process uses all cores."""
    done = run("predict", "--text", "image of a brane", "--model", "minilm", "--workers", "2")
    assert done.returncode == 2
    assert done.sentence.startswith(
        "Error: --workers goes with the kind baseline. A model of kind minilm uses all cores"
    )
