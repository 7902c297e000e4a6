"""Each examination, on surroundings that are made for it."""

import socket
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.examinations.accelerators import Accelerators
from adapters.examinations.folders import Folders, TemporaryFolder
from adapters.examinations.network import Hosts, HubCache, Ports
from adapters.examinations.processor import Processor
from adapters.examinations.versions import Versions
from domain.diagnosis import Finding, Outcome
from domain.ports.examination import Examination


def of(examination: Examination, subject: str) -> Finding:
    """The only finding of a subject."""
    (found,) = [each for each in examination.examine() if each.subject == subject]
    return found


def processor(folder: Path, flags: str) -> Processor:
    """An examination of a processor with these flags."""
    (folder / "cpuinfo").write_text(f"processor : 0\nflags\t\t: fpu {flags}\n", "utf-8")
    return Processor(folder / "cpuinfo", folder)


@pytest.mark.parametrize(
    ("flags", "there", "outcome"),
    [
        ("avx2", "AVX2 (not AVX-512, VNNI, AMX, BF16)", Outcome.GOOD),
        ("avx2 avx512f avx_vnni amx_tile amx_bf16", "AVX2, AVX-512, VNNI, AMX, BF16", Outcome.GOOD),
        ("sse4_2", "none (not AVX2, AVX-512, VNNI, AMX, BF16)", Outcome.WARNING),
    ],
)
def test_processor_features(
    flags: str, there: str, outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Features are read from the processor's flags. One without AVX2 is slow, and that is said."""
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    found = of(processor(tmp_path, flags), "processor features")
    assert (found.message, found.outcome) == (there, outcome)


def test_a_container_s_limits_hold(tmp_path: Path) -> None:
    """Processors and memory are those that a container may use."""
    (tmp_path / "cpu.max").write_text("150000 100000\n", "utf-8")
    (tmp_path / "memory.max").write_text("268435456\n", "utf-8")
    examination = processor(tmp_path, "avx2")
    assert of(examination, "processor").message.endswith("limited to 1.5 of them")
    memory = of(examination, "memory")
    assert (memory.message, memory.outcome) == ("0.3 GB", Outcome.WARNING)


def test_devices_are_counted(tmp_path: Path) -> None:
    """Each NVIDIA device is counted, and its control devices are none."""
    for name in ("nvidia0", "nvidia1", "nvidiactl"):
        (tmp_path / name).touch()
    assert of(Accelerators(tmp_path), "accelerators").message.startswith("2 NVIDIA")


def test_a_backend_without_the_device_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that TensorFlow's build for processors cannot use is a warning with the package that can."""
    (tmp_path / "nvidia0").touch()
    versions = {"tensorflow-cpu": "2.21.0"}
    monkeypatch.setattr("adapters.examinations.accelerators.metadata.version", versions.__getitem__)
    monkeypatch.setattr("adapters.examinations.accelerators.metadata.PackageNotFoundError", KeyError)
    found = of(Accelerators(tmp_path), "backend")
    assert found.outcome is Outcome.WARNING and "tensorflow[and-cuda]" in found.remedy


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ({"torch": "2.15.0"}, "torch 2.15.0, in use"),
        ({"torch": "2.15.0", "tensorflow-cpu": "2.21.0"}, "tensorflow-cpu 2.21.0, in use"),
    ],
)
def test_the_backend_in_use_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versions: dict[str, str], expected: str
) -> None:
    """Without KERAS_BACKEND, torch is in use if no other backend is installed."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr("adapters.examinations.accelerators.metadata.version", versions.__getitem__)
    monkeypatch.setattr("adapters.examinations.accelerators.metadata.PackageNotFoundError", KeyError)
    messages = [found.message for found in Accelerators(tmp_path).examine() if found.subject == "backend"]
    assert [message for message in messages if message.endswith("in use")] == [expected]


def test_a_folder_that_is_to_be_made_can_be_written(tmp_path: Path) -> None:
    """A folder that is not there yet is looked at where it would be made."""
    found = of(Folders({"models": tmp_path / "new" / "models"}), "folder of models")
    assert found.outcome is Outcome.GOOD and "GB free" in found.message


def test_a_folder_that_cannot_be_written() -> None:
    """A folder in which no file can be made is a warning, for root as well."""
    found = of(Folders({"models": Path("/proc/models")}), "folder of models")
    assert found.outcome is Outcome.WARNING and "cannot be written" in found.message


def test_a_folder_below_one_that_cannot_be_entered(tmp_path: Path) -> None:
    """A folder whose parent this user may not enter cannot be written, and is no error."""
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / ("x" * 300)  # stat refuses it for root as well
    assert of(Folders({"models": folder}), "folder of models").outcome is Outcome.WARNING


def test_no_folder_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder for temporary files, as on a read-only root, the remedy names /tmp and TMPDIR."""
    monkeypatch.setattr("tempfile.tempdir", None)
    assert of(TemporaryFolder(), "folder of temporary files").outcome is Outcome.GOOD
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("tempfile._candidate_tempdir_list", lambda: ["/proc/none"])
    found = of(TemporaryFolder(), "folder of temporary files")
    assert found.outcome is Outcome.FAILURE and "TMPDIR" in found.remedy


@pytest.mark.parametrize(("backend", "fault"), [("jax", "not installed"), ("tensorflou", "no backend")])
def test_a_backend_that_is_not_there(backend: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A KERAS_BACKEND that is not installed is a warning that names those that are."""
    monkeypatch.setenv("KERAS_BACKEND", backend)
    monkeypatch.setattr("adapters.examinations.accelerators.metadata.version", {"torch": "2.15.0"}.__getitem__)
    monkeypatch.setattr("adapters.examinations.accelerators.metadata.PackageNotFoundError", KeyError)
    first = next(each for each in Accelerators(tmp_path).examine() if each.subject == "backend")
    assert first.outcome is Outcome.WARNING and fault in first.message
    assert first.remedy == "To train, set it to torch."


def test_a_port_in_use() -> None:
    """A port at which something listens is a warning."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert of(Ports([port]), "port").message == f"{port} is in use"
    assert of(Ports([port]), "port").message == f"{port} is free"


def test_hosts_that_can_and_cannot_be_reached() -> None:
    """A connection is tried. A refused one is a warning that tells what works without."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        assert of(Hosts([address]), "network").outcome is Outcome.GOOD
    found = of(Hosts([address]), "network")
    assert found.outcome is Outcome.WARNING and "Predicting works without" in found.remedy


@pytest.mark.parametrize(("answer", "outcome"), [("200 OK", Outcome.GOOD), ("403 Forbidden", Outcome.WARNING)])
def test_hosts_behind_a_proxy(answer: str, outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a proxy in the environment, a host is reached if the proxy opens a tunnel to it."""
    with socket.create_server(("127.0.0.1", 0)) as proxy, ThreadPoolExecutor(1) as pool:
        monkeypatch.setenv("https_proxy", f"http://user:word@127.0.0.1:{proxy.getsockname()[1]}")
        asked = pool.submit(_answer_once, proxy, answer)
        found = of(Hosts([("huggingface.co", 443)]), "network")
    assert (found.outcome, "by the proxy 127.0.0.1" in found.message) == (outcome, True)
    assert asked.result().startswith("CONNECT huggingface.co:443 ")
    assert f"Basic {b64encode(b'user:word').decode()}" in asked.result()


def _answer_once(listening: socket.socket, answer: str) -> str:
    """Answers one request with a status; returns the request."""
    connection, _ = listening.accept()
    with connection:
        request = connection.recv(4096)
        connection.sendall(f"HTTP/1.1 {answer}\r\n\r\n".encode())
        return request.decode()


def test_a_user_without_a_home_has_no_hub_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a home folder, as in a container, the finding says to name a folder. It is a warning and no failure."""
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    found = of(HubCache(), "hub cache")
    assert found.outcome is Outcome.WARNING and "HF_HOME" in found.remedy


def test_a_hub_cache_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache below a file, or in a folder that may not be entered, is a warning."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "file" / "hub"))
    found = of(HubCache(), "hub cache")
    assert found.outcome is Outcome.WARNING and "cannot be read: Not a directory" in found.message


def test_the_hub_is_not_offline_by_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HF_HUB_OFFLINE=0 leaves the hub in use, as huggingface_hub reads it."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert of(HubCache(), "hub cache").message == f"{tmp_path}: empty"


def test_what_the_hub_s_cache_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models and data sets in the cache are named."""
    (tmp_path / "models--allenai--specter").mkdir()
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert of(HubCache(), "hub cache").message == f"{tmp_path}: models/allenai/specter, offline (HF_HUB_OFFLINE)"


def test_a_library_that_does_not_fit() -> None:
    """A library of another version than the program needs is a failure. One of an extra is none."""
    found = list(Versions("1.0.0", ["numpy>=9000", "keras>=9000; extra == 'train'", "click>=8"]).examine())
    assert [each.outcome for each in found] == [Outcome.GOOD, Outcome.GOOD, Outcome.FAILURE]
    assert "numpy>=9000" in found[-1].remedy
