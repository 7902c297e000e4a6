"""Free ports, and connections to other hosts."""

import errno
import os
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path

from typing_extensions import override

from domain.diagnosis import Finding, Outcome
from domain.ports.examination import Examination

_SECONDS = 3.0


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
        try:
            socket.create_connection((host, port), timeout=self._seconds).close()
        except OSError as error:
            remedy = (
                "Predicting works without. For checkpoints and papers, see to the network or a proxy (HTTPS_PROXY)."
            )
            return Finding("network", f"{host}:{port} cannot be reached: {error}", Outcome.WARNING, remedy)
        return Finding("network", f"{host}:{port} can be reached")


class HubCache(Examination):
    """Looks at the folder in which the Hugging Face hub's files are kept."""

    @override
    def examine(self) -> Iterable[Finding]:
        home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
        folder = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
        kept = sorted(each.name.replace("--", "/") for each in folder.glob("*--*") if each.is_dir())
        offline = ", offline (HF_HUB_OFFLINE)" if os.environ.get("HF_HUB_OFFLINE") else ""
        yield Finding("hub cache", f"{folder}: {', '.join(kept) or 'empty'}{offline}")
