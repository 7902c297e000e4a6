"""The API under load, beside a FastAPI app around a scikit-learn pipeline and beside Annif, in one run.

    uv run --group bench python -m benchmarks.serving [--annif PYTHON] [--seconds 10] [--minutes 10] [--json FILE]

Needs `wrk` (apt-get install wrk). Reads the folder arxiv of ARXIV_CLASSIFIER_DATA; peers learn from 20,000 of
them. `--annif` is the Python of an environment with `annif` and its extra `omikuji`, whose dependencies do not go with
the others'; it needs NLTK's `punkt_tab`, in NLTK_DATA or where `nltk.download` puts it. Every server is asked by wrk
from another process on loopback, one abstract and 32 a request, each of them another; servers take turns. `--minutes`
asks one worker for so long with mixed requests and watches its memory.
"""

import argparse
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.speed import titles_and_abstracts

TRAINING = 20_000
REQUESTS = 500
PREDICT = "/api/v1/predict/"
Row = dict[str, object]

FASTAPI = """
import json, sys
import joblib, numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

pipeline, labels = joblib.load("pipeline.joblib")
app = FastAPI()

class Papers(BaseModel):
    abstracts: list[str]

@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "healthy"}

@app.post("/predict")
def predict(papers: Papers) -> dict[str, list]:
    scores = 1 / (1 + np.exp(-2 * pipeline.decision_function(papers.abstracts)))
    given = [[{"label": labels[c], "probability": float(row[c])} for c in np.argsort(-row)[:5]] for row in scores]
    return {"results": given}
"""
ANNIF = """
[arxiv]
name=arXiv
language=en
backend=omikuji
analyzer=snowball(english)
vocab=arxiv
limit=10
"""
# wrk runs this: each request is the next of the bodies in a file, and the figures are printed as JSON.
SCRIPT = """
local bodies = {}
for line in io.lines(os.getenv("BODIES")) do bodies[#bodies + 1] = line end
local next_body = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = os.getenv("KIND")
request = function()
  next_body = next_body % #bodies + 1
  return wrk.format(nil, os.getenv("TARGET"), nil, bodies[next_body])
end
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('\\n{"requests": %d, "microseconds": %d, "p50": %d, "p95": %d, "p99": %d, "errors": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server to be measured: how it is started, where it answers and what a body of abstracts is to it."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    folder: Path
    health: str
    one: str
    many: str
    body_of_one: Callable[[str], str]
    body_of_many: Callable[[Sequence[str]], str]
    kind: str = "application/json"


def main() -> None:
    """Measures every server, prints tables and writes JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--annif", help="the Python of an environment with annif[omikuji]")
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement under full load")
    parser.add_argument("--connections", type=int, default=8, help="that wrk keeps busy")
    parser.add_argument("--minutes", type=float, default=0, help="of mixed load on one worker; 0 for none")
    parser.add_argument("--training", type=int, default=TRAINING, help="papers that peers are trained on")
    parser.add_argument("--parts", default="load,steady,mixed", help="what is measured, comma separated")
    parser.add_argument("--json", type=Path, default=Path("runs/serving.json"))
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed. Run: apt-get install wrk")
    found: dict[str, list[Row]] = {"Machine": [{"processors": os.cpu_count(), "Python": platform.python_version()}]}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = ours(folder, workers=1)
        parts = options.parts.split(",")
        if "load" in parts:
            candidates = [one, ours(folder, workers=2), *fast_api(folder, options.training)]
            if options.annif:
                candidates += annif(folder, options.annif, options.training)
            found["Load"] = [row for candidate in candidates for row in loaded(candidate, folder, options)]
        if "steady" in parts:
            found["50 requests a second, one abstract each"] = [steady(one)]
        if "mixed" in parts and options.minutes:
            found["Mixed load"] = [mixed(one, folder, options.minutes)]
    for title, rows in found.items():
        print(f"\n## {title}\n\n{table(rows)}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


def free_port() -> int:
    """Returns a port at which no server listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ours(folder: Path, *, workers: int) -> Candidate:
    """The API with the shipped baseline."""
    root = Path(__file__).parents[1]
    return Candidate(
        f"arxiv-classifier, {workers} worker{'s' * (workers > 1)}",
        [sys.executable, "-m", "entrypoints", "serve", "--port", "{port}", "--workers", str(workers)],
        {"PYTHONPATH": str(root), "ARXIV_CLASSIFIER_ARTIFACTS": str(root / "artifacts")},
        folder,
        "/api/v1/health/",
        PREDICT,
        PREDICT,
        lambda text: json.dumps({"abstracts": [text]}),
        lambda texts: json.dumps({"abstracts": list(texts)}),
    )


def fast_api(folder: Path, training: int) -> list[Candidate]:
    """FastAPI on uvicorn around LinearSVC on TF-IDF bigrams, in one process and in two."""
    import joblib

    from benchmarks import peers
    from benchmarks.speed import training_papers
    from entrypoints.taxonomies import load_taxonomy

    texts, targets = training_papers(training)
    predict = peers.scikit_learn(texts, targets, bigrams=True)
    labels = [str(category) for category in load_taxonomy()]
    joblib.dump((predict.pipeline, labels), folder / "pipeline.joblib")  # type: ignore[attr-defined]  # peers sets it
    (folder / "peer.py").write_text(FASTAPI, "utf-8")
    command = [sys.executable, "-m", "uvicorn", "peer:app", "--port", "{port}", "--no-access-log", "--workers"]
    return [
        Candidate(
            f"FastAPI and scikit-learn, {workers} worker{'s' * (workers > 1)}",
            [*command, str(workers)],
            {},
            folder,
            "/health",
            "/predict",
            "/predict",
            lambda text: json.dumps({"abstracts": [text]}),
            lambda texts: json.dumps({"abstracts": list(texts)}),
        )
        for workers in (1, 2)
    ]


def annif(folder: Path, python: str, training: int) -> list[Candidate]:
    """Annif with an omikuji project, behind uvicorn, which its ASGI application wants, one worker."""
    from urllib.parse import urlencode

    from benchmarks.speed import training_papers
    from entrypoints.taxonomies import load_taxonomy

    place = folder / "annif"
    place.mkdir()
    (place / "projects.cfg").write_text(ANNIF, "utf-8")
    labels = [str(category) for category in load_taxonomy()]
    uris = [f"<http://arxiv.org/category/{label}>" for label in labels]
    (place / "vocabulary.tsv").write_text("".join(f"{u}\t{n}\n" for u, n in zip(uris, labels, strict=True)), "utf-8")
    texts, targets = training_papers(training)
    lines = [
        f"{' '.join(text.split())}\t{' '.join(uris[column] for column in np.flatnonzero(row))}\n"
        for text, row in zip(texts, targets, strict=True)
        if row.any()
    ]
    (place / "train.tsv").write_text("".join(lines), "utf-8")
    program = str(Path(python).parent / "annif")
    for arguments in (["load-vocab", "--language", "en", "arxiv", "vocabulary.tsv"], ["train", "arxiv", "train.tsv"]):
        made = subprocess.run([program, *arguments], cwd=place, capture_output=True, text=True)
        if made.returncode:
            raise SystemExit(f"annif {arguments[0]} failed: {(made.stderr or made.stdout).strip()}")
    command = [python, "-m", "uvicorn", "--factory", "annif:create_app", "--port", "{port}", "--no-access-log"]
    return [
        Candidate(
            "Annif with omikuji, 1 worker",
            command,
            {},
            place,
            "/v1/projects",
            "/v1/projects/arxiv/suggest",
            "/v1/projects/arxiv/suggest-batch",
            lambda text: urlencode({"text": text, "limit": 5}),
            lambda texts: json.dumps({"documents": [{"document_id": str(n), "text": t} for n, t in enumerate(texts)]}),
            kind="application/x-www-form-urlencoded",
        )
    ]


@contextmanager
def running(candidate: Candidate) -> Iterator[tuple[int, "subprocess.Popen[bytes]", float]]:
    """The server's port, its process, and how many seconds it took to its first answer."""
    port = free_port()
    command = [part.replace("{port}", str(port)) for part in candidate.command]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARXIV_CLASSIFIER_", "MODEL_"))}
    started = time.perf_counter()
    server = subprocess.Popen(
        command, cwd=candidate.folder, env={**kept, **candidate.environment}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        while not _answers(f"http://127.0.0.1:{port}{candidate.health}"):
            if server.poll() is not None or time.perf_counter() - started > 120:
                raise SystemExit(f"{candidate.name} did not start: {' '.join(command)}")
            time.sleep(0.02)
        yield port, server, time.perf_counter() - started
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def loaded(candidate: Candidate, folder: Path, options: argparse.Namespace) -> list[Row]:
    """Requests a second and latency for one abstract and for 32, under as many connections as wrk keeps busy."""
    rows: list[Row] = []
    with running(candidate) as (port, server, seconds):
        right = precision_at_1(candidate, port)
        for count, bodies in _bodies(candidate, folder):
            kind = candidate.kind if count == 1 else "application/json"
            target = candidate.one if count == 1 else candidate.many
            _wrk(port, target, bodies, kind, 2, options.connections)
            figures = _wrk(port, target, bodies, kind, options.seconds, options.connections)
            per_second = figures["requests"] / (figures["microseconds"] / 1e6)
            rows.append(
                {
                    "server": candidate.name,
                    "abstracts": count,
                    "requests/s": round(per_second, 1),
                    "abstracts/s": round(per_second * count),
                    **{f"{name} ms": round(figures[name] / 1000, 2) for name in ("p50", "p95", "p99")},
                    "errors": figures["errors"],
                    "MB a process": round(max(_resident(pid) for pid in _family(server.pid))),
                    "start s": round(seconds, 2),
                    "precision@1": round(right, 3),
                }
            )
            print(json.dumps(rows[-1]), flush=True)
    return rows


def precision_at_1(candidate: Candidate, port: int) -> float:
    """How many of the papers asked for have the first category that is answered."""
    right, papers = 0, test_papers(REQUESTS)
    for text, categories in papers:
        headers = {"Content-Type": candidate.kind}
        body = candidate.body_of_one(text).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}{candidate.one}", body, headers, method="POST")
        with urllib.request.urlopen(request, timeout=30) as response:
            first = re.search(r'"label": ?"([^"]+)"', response.read().decode())
        right += first is not None and first[1] in categories
    return right / len(papers)


def test_papers(count: int) -> list[tuple[str, frozenset[str]]]:
    """The first test papers: title and abstract, and their categories."""
    from itertools import islice

    from benchmarks.real_papers import DATA
    from domain.ports.dataset import Split
    from entrypoints.container import container_of
    from entrypoints.settings import load_settings

    papers = container_of(load_settings({"dataset": str(DATA)})).dataset().papers(Split.TEST, lambda record: None)
    return [
        (f"{paper.abstract.title}\n{paper.abstract.text}", frozenset(map(str, paper.categories)))
        for paper in islice(papers, count)
    ]


def _bodies(candidate: Candidate, folder: Path) -> Iterator[tuple[int, Path]]:
    titles, abstracts = titles_and_abstracts("test", REQUESTS)
    texts = [f"{title}\n{abstract}" for title, abstract in zip(titles, abstracts, strict=True)]
    for count in (1, 32):
        path = folder / f"bodies-{count}"
        starts = range(0, len(texts) - count + 1, count)
        make = candidate.body_of_many
        bodies = (
            [candidate.body_of_one(text) for text in texts] if count == 1 else [make(texts[s : s + 32]) for s in starts]
        )
        path.write_text("\n".join(bodies) + "\n", "utf-8")
        yield count, path


def _wrk(port: int, target: str, bodies: Path, kind: str, seconds: int, connections: int) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT)
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", script.name]
        environment = {**os.environ, "BODIES": str(bodies), "KIND": kind, "TARGET": target}
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True, env=environment
        )
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def steady(candidate: Candidate, *, rate: int = 50, seconds: int = 30) -> Row:
    """Latency of requests that come at a fixed rate, on connections that are kept."""
    import http.client

    lines = [candidate.body_of_one(text).encode() for text in titles_and_abstracts("test", 200)[1]]
    with running(candidate) as (port, _server, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        times: list[float] = []
        health: list[float] = []
        begin = time.perf_counter()
        for number in range(rate * seconds):
            time.sleep(max(0.0, begin + number / rate - time.perf_counter()))
            for path, body, kept in (
                (candidate.one, lines[number % len(lines)], times),
                (candidate.health, None, health),
            ):
                started = time.perf_counter()
                headers = {"Content-Type": candidate.kind} if body else {}
                connection.request("POST" if body else "GET", path, body, headers)
                connection.getresponse().read()
                kept.append((time.perf_counter() - started) * 1000)
    return {
        "server": candidate.name,
        "p50 ms": round(float(np.percentile(times, 50)), 2),
        "p99 ms": round(float(np.percentile(times, 99)), 2),
        "health p50 ms": round(float(np.percentile(health, 50)), 2),
    }


def mixed(candidate: Candidate, folder: Path, minutes: float) -> Row:
    """Returns the memory before and after the given minutes of one abstract and 32 in turns."""
    paths = {count: shutil.copy(path, folder / f"mixed-{count}") for count, path in _bodies(candidate, folder)}
    with running(candidate) as (port, server, _):
        for path in paths.values():
            _wrk(port, candidate.one, Path(path), candidate.kind, 5, 8)
        before = max(_resident(pid) for pid in _family(server.pid))
        halves = [
            threading.Thread(target=_wrk, args=(port, candidate.one, Path(path), candidate.kind, int(minutes * 60), 4))
            for path in paths.values()
        ]
        for half in halves:
            half.start()
        for half in halves:
            half.join()
        after = max(_resident(pid) for pid in _family(server.pid))
    return {"server": candidate.name, "minutes": minutes, "MB before": round(before, 1), "MB after": round(after, 1)}


def _family(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "-g", str(pid)], capture_output=True, check=False)
    return [int(each) for each in listed.stdout.split()]


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


def table(rows: Sequence[Row]) -> str:
    """Rows as a table in Markdown."""
    heads = list(rows[0])
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(str(row[head]) for head in heads)} |" for row in rows)])


if __name__ == "__main__":
    main()
