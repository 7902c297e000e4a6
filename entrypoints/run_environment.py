"""The environment of a run: enough to repeat it, without names of the machine, its user or its folders."""

import os
import platform
import subprocess
from functools import cache
from pathlib import Path

from entrypoints.registry import LIBRARY_VERSIONS, load

_ROOT = Path(__file__).parent.parent


@cache
def run_environment() -> dict[str, object]:
    """Returns Python, platform, processors, a checkout's commit, and the versions of the program and its libraries."""
    libraries = load(LIBRARY_VERSIONS)()
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()}-{platform.machine()}",
        "processors": os.cpu_count(),
        "commit": commit_of(_ROOT),
        "libraries": {name: version for name, version in libraries.items() if name != "python"},
    }


def commit_of(folder: Path) -> str | None:
    """Returns a checkout's commit, with `+` if files differ from it; None if the folder is no checkout."""
    if not (folder / ".git").exists():  # an installed program may lie inside another project's repository
        return None
    try:
        head = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{head}+" if changed else head


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
