"""`predict --engine ray` on a cluster of two nodes that Ray's own commands start."""

import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.engines.ray_cluster import RayEngine
from domain.errors import ConfigurationError
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
RAY = str(Path(sys.executable).with_name("ray"))
# Ray's nodes and commands know each other by a token.
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
WORDS = ("image", "brane", "gradient", "proof", "galaxy", "quantum", "inflation", "graph", "protein", "market")


def papers(folder: Path) -> Path:
    """A folder of two files of papers, every hundredth of which cannot be read."""
    folder.mkdir()
    for name, first, count in (("a", 0, 5_000), ("b", 5_000, 3_000)):
        numbers = range(first, first + count)
        texts = ["" if n % 100 == 99 else f"we study the {WORDS[n % 10]} of a {WORDS[n // 10 % 10]}" for n in numbers]
        table = pa.table({"id": [str(n) for n in numbers], "abstract": texts, "year": list(numbers)})
        pq.write_table(table, folder / f"{name}.parquet", row_group_size=700)
    return folder


def contents(folder: Path) -> dict[str, str]:
    """The hash of each file of parts by its name."""
    found = sorted(path for path in folder.iterdir() if path.name != "_run.json" and path.name[0] != ".")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def command(out: Path, *more: str, source: str = "papers") -> list[str]:
    """A prediction of the papers in parts by the shipped baseline."""
    options = ["--model", "baseline", "--rows-per-part", "300", "--keep-columns", "year"]
    return [sys.executable, "-m", "entrypoints", "predict", source, "-o", f"{out}/", *options, *more]


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that these started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def kill(node: "subprocess.Popen[bytes]") -> None:
    """Kills a node with all of its processes at once."""
    for pid in descendants(node.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    node.wait()


@contextmanager
def nodes() -> Iterator[tuple[str, Callable[[], "subprocess.Popen[bytes]"]]]:
    """The address of a cluster with a head of one core, and what adds a node of one core."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # short, because the paths of sockets are
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", **TOKEN}
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> "subprocess.Popen[bytes]":
        words = [RAY, "start", *options, "--block", "--num-cpus=1", "--node-ip-address=127.0.0.1"]
        words += ["--object-store-memory=200000000", f"--temp-dir={folder}"]
        started.append(subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL))
        return started[-1]

    def reachable() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        start("--head", f"--port={port}", "--include-dashboard=false")
        until(reachable, seconds=120)
        yield f"127.0.0.1:{port}", lambda: start(f"--address=127.0.0.1:{port}")
    finally:
        for node in reversed(started):
            kill(node)
        shutil.rmtree(folder, ignore_errors=True)


def test_a_node_that_is_killed_changes_no_byte(tmp_path: Path) -> None:
    """Parts from a cluster, one of whose nodes is killed in the middle, are those of one process."""
    papers(tmp_path / "papers")
    here = {"cwd": tmp_path, "check": True, "timeout": 300}
    subprocess.run(command(tmp_path / "whole", "--workers", "1"), **here)  # type: ignore[call-overload]  # of those types
    out = tmp_path / "out"
    with nodes() as (address, add):
        second = add()
        on_cluster = command(out, "--engine", "ray", "--ray-address", address)
        with subprocess.Popen(on_cluster, cwd=tmp_path, stderr=subprocess.PIPE, env={**os.environ, **TOKEN}) as run:
            until(lambda: bool(list(out.glob("part-*.parquet"))) or run.poll() is not None, seconds=300)
            kill(second)
            assert not (out / "_finished.json").exists()
            said = run.communicate(timeout=300)[1].decode()
        assert run.returncode == 0, said
        assert "27, with 8,000 rows." in said
        assert contents(out) == contents(tmp_path / "whole")
        (out / "part-00003.parquet").unlink()
        done = subprocess.run(
            on_cluster, cwd=tmp_path, capture_output=True, check=True, timeout=300, env={**os.environ, **TOKEN}
        )
        assert "26 of them from an earlier run" in done.stderr.decode()
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1"])
def test_a_cluster_that_does_not_exist_is_named(address: str) -> None:
    """The error says how one is started, at once."""
    with pytest.raises(ConfigurationError, match=rf"No Ray cluster could be reached at {address}: .*refused"):
        list(RayEngine(address).map(lambda: abs, [1]))
