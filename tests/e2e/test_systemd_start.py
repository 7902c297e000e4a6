"""The commands of the systemd unit, started on this machine with what it allows them.

That is a user of their own without capabilities, a read-only root, its folders, its environment and the settings of its
example file, and no memory that can be written and executed. The filters of system calls and of addresses need a
running systemd, and are left out.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server import TEXT, Client
from tests.e2e.test_proxies import free_port
from tests.waiting import until

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
UNIT = (FOLDER / "arxiv-classifier.service").read_text("utf-8").splitlines()
USER = "65534"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        os.name != "posix" or os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"),
        reason="needs root, unshare and setpriv, for a read-only root and another user",
    ),
]
# Makes the folders of the unit in a mount namespace of its own. A Python below /root is all that it shows of /root.
CONFINE = """
mount --make-rprivate /
case "$3" in
/root/*)
  mount --bind "$3" /mnt
  mount -t tmpfs -o mode=755 tmpfs /root
  mkdir -p "$3"
  mount --bind /mnt "$3"
esac
mount -t tmpfs tmpfs /var/lib
mkdir -p "$2"
mount --bind "$1" "$2"
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
mount -o remount,bind,ro /
shift 3
exec "$@"
"""
# PR_SET_MDWE with PR_MDWE_REFUSE_EXEC_GAIN, which is what MemoryDenyWriteExecute asks for; 3 where the kernel lacks it.
START = """
import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0):
    sys.exit(3)
os.umask(int(sys.argv[1], 8))
os.chdir(sys.argv[2])
os.execv(sys.executable, [sys.executable, "-m", "entrypoints", *sys.argv[3:]])
"""


def said(name: str) -> list[str]:
    """The values of a setting of the unit."""
    return [line.partition("=")[2] for line in UNIT if line.startswith(f"{name}=")]


def environment() -> dict[str, str]:
    """What the unit and the example of its file set, with a secret key."""
    pairs = [pair for line in said("Environment") for pair in shlex.split(line)]
    pairs += [line for line in (FOLDER / "environment.example").read_text("utf-8").splitlines() if line[:1] != "#"]
    found = dict(pair.split("=", 1) for pair in pairs if pair)
    return {**found, "ARXIV_CLASSIFIER_API__SECRET_KEY": "s" * 60}


def confined(state: Path, command: str, **changes: str) -> list[str]:
    """A command of the unit as systemd would start it; the program is this checkout's."""
    program, *arguments = shlex.split(command)
    assert program == "/opt/arxiv-classifier/bin/arxiv-classifier"
    (folder,), (umask,) = said("WorkingDirectory"), said("UMask")
    privileges = ["--reuid", USER, "--regid", USER, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    variables = {**environment(), "PYTHONPATH": str(FOLDER.parents[1]), "TMPDIR": "/var/tmp", **changes}
    return [
        *("unshare", "--mount", "sh", "-ec", CONFINE, "sh", str(state), folder, sys.base_prefix),
        *("setpriv", *privileges, "--no-new-privs"),
        *("env", "-i", *(f"{name}={value}" for name, value in variables.items())),
        *(sys.executable, "-c", START, umask, folder, *arguments),
    ]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state's folder with the folders that the unit asks for, the user's own."""
    folder = tmp_path / "state"
    for name in said("StateDirectory")[0].split():
        made = folder / name.partition("/")[2]
        made.mkdir(mode=0o700, parents=True)
        os.chown(made, int(USER), int(USER))
    return folder


@pytest.fixture
def served(state: Path, tmp_path: Path) -> Iterator[tuple[Client, subprocess.Popen[bytes]]]:
    """The unit's server at a free port, and its process."""
    client = Client(free_port())
    (command,) = said("ExecStart")
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            confined(state, command.replace("8000", str(client.port))), stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: process.poll() is not None or ready(client), seconds=150)
        if process.returncode == 3:
            pytest.skip("the kernel cannot refuse memory that is written and executed")
        assert process.poll() is None, (tmp_path / "log").read_text("utf-8")
        yield client, process
    finally:
        process.kill()
        process.wait()


def ready(client: Client) -> bool:
    """Whether the server is ready."""
    try:
        return client.get("/api/v1/ready/", timeout=10, Host="localhost").status == 200
    except OSError:
        return False


def test_the_doctor_lets_it_start(state: Path) -> None:
    """What the unit runs before the server finds nothing that does not work."""
    (command,) = said("ExecStartPre")
    done = subprocess.run(confined(state, command), capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stdout + done.stderr


def test_it_serves_keeps_feedback_reloads_and_stops(
    served: tuple[Client, subprocess.Popen[bytes]], state: Path
) -> None:
    """It predicts and writes feedback below its state. It predicts after SIGHUP too, and ends well on SIGTERM."""
    client, process = served
    answer = client.predict(TEXT)
    assert answer.status == 200
    item = {"request_id": answer.headers["X-Request-ID"], "labels": ["cs.CV"], "abstract": TEXT}
    kept = client.send("POST", "/api/v1/feedback/", json.dumps({"feedback": [item]}).encode())
    assert kept.status == 200, kept.body
    assert (state / "models" / "api.sqlite3").stat().st_mode & 0o777 == 0o600
    process.send_signal(signal.SIGHUP)
    assert client.predict(TEXT).status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=float(said("TimeoutStopSec")[0])) == 0
