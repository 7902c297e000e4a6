"""`arxiv-classifier data harvest` on a local server that speaks OAI-PMH."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests import fork_server
from tests import oai_server as served
from tests.e2e.done import Run
from tests.oai_server import Answer, Repository, made_up, oai_server

HARVEST = ("data", "harvest", "--output", "papers", "--from", "2026-05-01")
TODAY = datetime.now(UTC).date()


@pytest.fixture
def repository() -> Repository:
    """Twenty papers of ten days, on seven pages."""
    return Repository(made_up(20))


@pytest.fixture
def endpoint(
    repository: Repository, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, run: Run
) -> Iterator[str]:
    """The address of the repository. Commands do not wait between two requests to it."""
    with oai_server(repository) as address:
        for name, value in (("ENDPOINT", address), ("PAUSE_SECONDS", "0")):
            monkeypatch.setenv(f"ARXIV_CLASSIFIER_ARXIV__{name}", value)
            environment[f"ARXIV_CLASSIFIER_ARXIV__{name}"] = value
        del environment["MODEL_TYPE"]  # another process knows no kind `fake`
        yield address


def papers(folder: Path = Path("papers")) -> list[dict[str, object]]:
    """Every harvested paper, by file and id."""
    return [row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def test_harvests_into_monthly_files(run: Run, endpoint: str, repository: Repository) -> None:
    """Papers lie in a file for each month, one sentence on stderr has the counts, and stdout is empty."""
    repository.change(*made_up(2, date(2026, 6, 3)))
    done = run(*HARVEST)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode() == ("22 papers are new, 0 updated and 0 deleted. papers holds 22 papers of 2 months.\n")
    assert sorted(path.name for path in Path("papers").glob("*.*")) == [
        ".harvest.sqlite",
        "2026-05.parquet",
        "2026-06.parquet",
    ]
    assert [row["id"] for row in papers()] == list(repository.papers)
    assert papers()[0]["categories"] == ["cs.LG", "stat.ML"]


def test_later_only_what_changed(run: Run, endpoint: str, repository: Repository) -> None:
    """The same command later requests only changes. Updated papers are replaced, and deleted papers are removed."""
    run(*HARVEST)
    first, second, *_ = repository.papers.values()
    repository.asked.clear()
    repository.change(replace(first, changed=TODAY, title="New title"), replace(second, changed=TODAY, deleted=True))
    done = run(*HARVEST)
    assert done.stderr.startswith(b"0 papers are new, 1 updated and 1 deleted. papers holds 19 papers")
    assert [asked.arguments["from"] for asked in repository.asked] == [TODAY.isoformat()]
    assert papers()[0]["title"] == "New title"
    assert second.id not in {row["id"] for row in papers()}


def test_a_month_of_submission(run: Run, endpoint: str, repository: Repository) -> None:
    """With --submitted, changes since that month are read, and papers first submitted in it are kept."""
    march = (datetime(2024, 3, 1, tzinfo=UTC),)
    old = replace(made_up(1)[0], id="2403.00001", versions=march, changed=date(2026, 5, 8))
    late = replace(made_up(1)[0], id="2605.90000", changed=date(2026, 7, 1))
    repository.change(old, late)
    done = run("data", "harvest", "-o", "papers", "--submitted", "2026-05", "--set", "cs")
    assert done.returncode == 0
    assert repository.asked[0].arguments["from"] == "2026-05-01"
    assert [path.name for path in Path("papers").glob("*.parquet")] == ["2026-05.parquet"]
    assert len(papers()) == 21


@pytest.mark.parametrize("request_number", [1, 2, 4, 7])
def test_goes_on_after_a_kill(
    run: Run, endpoint: str, repository: Repository, environment: dict[str, str], request_number: int
) -> None:
    """After kill -9 at any request, the same command ends as an undisturbed harvest and reads no page twice."""
    run(*[each.replace("papers", "whole") for each in HARVEST])
    repository.asked.clear()
    asked = threading.Event()

    def hang(answer: Answer) -> Answer:
        asked.set()
        time.sleep(0.5)
        return answer

    repository.faults = [lambda answer: answer] * (request_number - 1) + [hang]
    process = fork_server.start(HARVEST, cwd=Path.cwd(), env=environment)
    came = asked.wait(60)
    process.send_signal(signal.SIGKILL)
    assert (came, process.wait(60)) == (True, -signal.SIGKILL)
    time.sleep(0.6)
    done = run(*HARVEST)
    assert done.returncode == 0
    assert done.stderr.startswith(b"20 papers are new, 0 updated and 0 deleted.")
    assert papers() == papers(Path("whole"))
    assert len(repository.asked) == 8


def test_goes_on_by_date_after_a_kill_and_an_expired_token(run: Run, endpoint: str, repository: Repository) -> None:
    """If the token has expired meanwhile, the last day is read again without duplicates."""
    broken = [served.busy(status=500)] * 5
    repository.faults = [lambda answer: answer, lambda answer: answer, *broken]
    assert run(*HARVEST).returncode == 4
    repository.tokens.clear()
    repository.asked.clear()
    done = run(*HARVEST)
    assert done.stderr.startswith(b"20 papers are new")
    assert repository.verbs[:2] == ["ListRecords+", "ListRecords"]
    assert repository.asked[1].arguments["from"] == "2026-05-06"
    assert [row["id"] for row in papers()] == list(repository.papers)


def test_unavailable(run: Run, endpoint: str, repository: Repository) -> None:
    """A source that stays broken ends the command with exit code 4, after some attempts that are reported."""
    repository.faults = [served.half] * 5
    done = run(*HARVEST)
    lines = done.stderr.decode().splitlines()
    assert (done.returncode, len(repository.asked), len(lines)) == (4, 5, 5)
    assert "Asking again in 0 seconds." in lines[0]
    assert lines[-1].startswith(f"Error: {endpoint} gives no records: the answer broke off after ")
    assert lines[-1].endswith("5 times. Run the same command later to go on.")
    assert not Path("papers").exists()


MONTH_AHEAD = f"{TODAY + timedelta(days=40):%Y-%m}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--submitted", MONTH_AHEAD], f"The month {MONTH_AHEAD} is in the future"),
        (["--submitted", "2026-13"], "--submitted is '2026-13'. Write it as YYYY-MM."),
        (["--submitted", "20265"], "--submitted is '20265'"),
        (["--from", "May"], "--from is 'May'. Write it as YYYY-MM-DD."),
        (["--from", "20260501"], "--from is '20260501'"),
        (["--from", "2026-05-02", "--until", "2026-05-01"], "2026-05-01, is before the first"),
        (["--from", "2026-05-02", "--set", "cs.LG"], "arXiv has no set 'cs.LG'. Near are cs:cs:LG"),
        (["--from", "2026-05-02", "--set", " "], "--set is empty"),
        (["--from", "2026-05-02", "--endpoint", "ftp://x"], "Option endpoint of arxiv is 'ftp://x'"),
    ],
)
def test_wrong_input(run: Run, endpoint: str, arguments: list[str], words: str) -> None:
    """An impossible harvest is one sentence with exit code 2, and nothing is written."""
    done = run("data", "harvest", "--output", "papers", *arguments)
    assert done.returncode == 2
    assert words in done.sentence
    assert not Path("papers").exists()


def test_needs_a_first_day_or_a_month(run: Run, endpoint: str, repository: Repository) -> None:
    """Neither or both of --from and --submitted are a usage error, and so is --until with a month."""
    month = ["--submitted", "2026-05"]
    for said in ([], [*month, "--from", "2026-05-01"], [*month, "--until", "2026-06-01"]):
        assert run("data", "harvest", "-o", "papers", *said).returncode == 2
    assert repository.asked == []


def test_another_folder(run: Run, endpoint: str, repository: Repository) -> None:
    """A folder with other files is refused before the first request, and stays as it is."""
    Path("papers").mkdir()
    Path("papers/notes.txt").write_text("mine")
    done = run(*HARVEST)
    assert done.returncode == 2
    assert "papers holds notes.txt, which is not of a harvest. Name another folder." in done.sentence
    assert [path.name for path in Path("papers").iterdir()] == ["notes.txt"]
    assert repository.asked == []


def test_names_bad_records(run: Run, endpoint: str, repository: Repository) -> None:
    """A record without an abstract is named and left out. With --strict it ends the command and nothing is written."""
    repository.change(replace(made_up(1)[0], abstract=""))
    done = run(*HARVEST, "--strict")
    assert (done.returncode, Path("papers").exists()) == (2, False)
    done = run(*HARVEST)
    assert done.returncode == 0
    assert b"oai:arXiv.org:2605.00001: The abstract is blank" in done.stderr
    assert b"1 bad record left out" in done.stderr
    assert len(papers()) == 19


@pytest.mark.usefixtures("own_store")
def test_trains_on_what_was_harvested(run: Run, endpoint: str, repository: Repository) -> None:
    """The folder is a source for training, split by time."""
    for month in range(1, 5):
        repository.change(*made_up(20, date(2026, month, 2)))
    assert run("data", "harvest", "-o", "papers", "--from", "2026-01-01").returncode == 0
    Path("small.yaml").write_text("categories: [cs.LG, stat.ML]\nmodel: {}\n")
    done = run("train", "--dataset", "papers", "--split-by", "time", "--model-type", "fake", "--config", "small.yaml")
    assert done.returncode == 0, done.stderr
    done = run("data", "stats", "papers")
    assert re.search(rb"months: +2026-01 to 2026-05 \(5\)", done.stdout)


def test_nothing_of_that_time(run: Run, endpoint: str) -> None:
    """If nothing changed, the command says so and makes no folder."""
    done = run("data", "harvest", "-o", "papers", "--from", "2026-08-01")
    assert (done.returncode, Path("papers").exists()) == (0, False)
    assert done.stderr.startswith(b"0 papers are new")


MEASURED = """
import sys, time
from entrypoints.cli.main import main
started = time.monotonic()
code = main(sys.argv[1:])
# Not the maximum that getrusage knows, which is inherited from the process that the tests run in.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(code, time.monotonic() - started, int(status["VmHWM"].split()[0]) / 1024)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_papers_at_the_real_pace(tmp_path: Path) -> None:
    """12,000 papers in pages of 2,000, three seconds apart, take up to two minutes and 200 MB."""
    made = made_up(12_000, per_day=1500)
    repository = Repository([replace(paper, abstract=paper.abstract * 40) for paper in made], page_size=2000)
    with oai_server(repository) as endpoint:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, *HARVEST, "--endpoint", endpoint],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            check=True,
            text=True,
        )
    code, seconds, megabytes = map(float, done.stdout.split())
    assert (code, len(papers(tmp_path / "papers"))) == (0, 12_000)
    assert seconds < 120
    assert megabytes < 200
    gaps = [after.at - before.at for before, after in zip(repository.asked, repository.asked[1:], strict=False)]
    assert min(gaps) >= 3
