"""Free ports, and connections to other hosts."""

import errno
import os
import socket
from base64 import b64encode
from collections.abc import Iterable, Sequence
from urllib.parse import SplitResult, unquote, urlsplit

from typing_extensions import override

from domain.diagnosis import Finding, Outcome
from domain.ports.examination import Examination

_SECONDS = 3.0
_TRUE = ("1", "ON", "YES", "TRUE")  # what huggingface_hub takes as true
_NAME_A_FOLDER = "Predicting works without. To use checkpoints of the hub, name a folder of this user with HF_HOME."


class Ports(Examination):
    """Looks whether something listens at this machine's ports of the API and of the page."""

    def __init__(self, ports: Sequence[int], host: str = "127.0.0.1") -> None:
        self._ports = ports
        self._host = host

    @override
    def examine(self) -> Iterable[Finding]:
        return [self._finding(port) for port in self._ports]

    def _finding(self, port: int) -> Finding:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._host, port))
            except OSError as error:
                taken = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
                return Finding("port", f"{port} {taken}", Outcome.WARNING, "Name another port with --port.")
        return Finding("port", f"{port} is free")


class Hosts(Examination):
    """Tries connections to the hosts that training and fetching papers use. Predicting and serving use none."""

    def __init__(self, hosts: Sequence[tuple[str, int]], seconds: float = _SECONDS) -> None:
        self._hosts = hosts
        self._seconds = seconds

    @override
    def examine(self) -> Iterable[Finding]:
        return [self._finding(host, port) for host, port in self._hosts]

    def _finding(self, host: str, port: int) -> Finding:
        proxy = _proxy(host)
        way = f" by the proxy {proxy.hostname}" if proxy else ""
        try:
            _connect(host, port, proxy, self._seconds)
        except (OSError, ValueError) as error:
            remedy = (
                "Predicting works without. For checkpoints and papers, see to the network or a proxy (HTTPS_PROXY)."
            )
            return Finding("network", f"{host}:{port} cannot be reached{way}: {error}", Outcome.WARNING, remedy)
        return Finding("network", f"{host}:{port} can be reached{way}")


def _proxy(host: str) -> SplitResult | None:
    """Returns the address of the proxy that the environment names for HTTPS to a host."""
    from urllib.request import getproxies, proxy_bypass

    address = getproxies().get("https")
    if not address or proxy_bypass(host):
        return None
    return urlsplit(address if "://" in address else f"http://{address}")


def _connect(host: str, port: int, proxy: SplitResult | None, seconds: float) -> None:
    """Connects once. Raises OSError if the host, or the proxy, refuses, and ValueError for a wrong port of a proxy."""
    if proxy is None:
        socket.create_connection((host, port), timeout=seconds).close()
        return
    from http.client import HTTPConnection

    tunnel = HTTPConnection(proxy.hostname or "", proxy.port or 80, timeout=seconds)
    name = f"{unquote(proxy.username or '')}:{unquote(proxy.password or '')}"
    allowed = {"Proxy-Authorization": f"Basic {b64encode(name.encode()).decode()}"} if proxy.username else {}
    tunnel.set_tunnel(host, port, allowed)
    tunnel.connect()
    tunnel.close()


class HubCache(Examination):
    """Looks at the folder in which the Hugging Face hub's files are kept."""

    @override
    def examine(self) -> Iterable[Finding]:
        folder = _hub_folder()
        if folder.startswith("~"):
            yield Finding("hub cache", "this user has no home folder for it", Outcome.WARNING, _NAME_A_FOLDER)
            return
        try:
            kept = sorted(name.replace("--", "/") for name in os.listdir(folder) if "--" in name)
        except FileNotFoundError:
            kept = []
        except OSError as error:
            yield Finding("hub cache", f"{folder} cannot be read: {error.strerror}", Outcome.WARNING, _NAME_A_FOLDER)
            return
        offline = ", offline (HF_HUB_OFFLINE)" if os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE else ""
        yield Finding("hub cache", f"{folder}: {', '.join(kept) or 'empty'}{offline}")


def _hub_folder() -> str:
    """Returns the folder as huggingface_hub chooses it. It begins with ~ if the user has no home folder."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache")
    home = os.environ.get("HF_HOME") or os.path.join(caches, "huggingface")
    return os.path.expanduser(os.environ.get("HF_HUB_CACHE") or os.path.join(home, "hub"))
