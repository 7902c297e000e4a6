"""The features of the processor, and the number of its cores and the size of the memory."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from typing_extensions import override

from domain.diagnosis import Finding, Outcome
from domain.ports.examination import Examination

_X86 = ("x86_64", "amd64")
# Each feature with the flags of Linux that stand for it; any one does.
_FEATURES = {
    "AVX2": ("avx2",),
    "AVX-512": ("avx512f",),
    "VNNI": ("avx512_vnni", "avx_vnni"),
    "AMX": ("amx_tile",),
    "BF16": ("avx512_bf16", "amx_bf16"),
}
_LEAST_MEMORY = 1 << 29


class Processor(Examination):
    """Looks at processors, their features and memory, as far as this process may use them."""

    def __init__(self, cpuinfo: Path = Path("/proc/cpuinfo"), cgroup: Path = Path("/sys/fs/cgroup")) -> None:
        self._cpuinfo = cpuinfo
        self._cgroup = cgroup

    @override
    def examine(self) -> Iterable[Finding]:
        yield self._processors()
        if platform.machine().lower() in _X86 and (flags := self._flags()):
            yield _features(flags)
        if memory := self._memory():
            yield _memory_finding(memory)

    def _processors(self) -> Finding:
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        quota = self._read("cpu.max").split()
        limit = f", limited to {int(quota[0]) / int(quota[1]):.1f} of them" if quota and quota[0].isdigit() else ""
        return Finding("processor", f"{usable} processors of kind {platform.machine()}{limit}")

    def _flags(self) -> frozenset[str]:
        try:
            text = self._cpuinfo.read_text("utf-8", "replace")
        except OSError:
            return frozenset()
        return frozenset(next((line for line in text.splitlines() if line.startswith("flags")), "").split())

    def _memory(self) -> int:
        """The bytes that this process may use; 0 where it cannot be told."""
        limit = self._read("memory.max").strip()
        try:
            whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        except (AttributeError, ValueError, OSError):
            whole = 0
        return min(int(limit), whole or int(limit)) if limit.isdigit() else whole

    def _read(self, name: str) -> str:
        try:
            return (self._cgroup / name).read_text("utf-8")
        except OSError:
            return ""


def _features(flags: frozenset[str]) -> Finding:
    there = [name for name, each in _FEATURES.items() if flags.intersection(each)]
    lacking = [name for name in _FEATURES if name not in there]
    told = f"{', '.join(there) or 'none'} (not {', '.join(lacking)})" if lacking else ", ".join(there)
    if "AVX2" in there:
        return Finding("processor features", told)
    return Finding(
        "processor features", told, Outcome.WARNING,
        "Predictions take several times longer without AVX2. Pass the host's processor through to a virtual machine.",
    )  # fmt: skip


def _memory_finding(memory: int) -> Finding:
    told = f"{memory / 1e9:.1f} GB"
    if memory >= _LEAST_MEMORY:
        return Finding("memory", told)
    return Finding("memory", told, Outcome.WARNING, "A worker of the API takes about 160 MB. Give it 512 MB or more.")
