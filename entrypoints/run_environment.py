"""What a run was made with: enough to repeat it, and nothing that names the machine, its user or its folders."""

import os
import platform
import subprocess
from functools import cache
from pathlib import Path

from entrypoints.registry import LIBRARY_VERSIONS, load

_ROOT = Path(__file__).parent.parent


@cache
def run_environment() -> dict[str, object]:
    """Python, platform, processors, the commit of a checkout, and the versions of this program and its libraries."""
    libraries = load(LIBRARY_VERSIONS)()
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()}-{platform.machine()}",
        "processors": os.cpu_count(),
        "commit": commit_of(_ROOT),
        "libraries": {name: version for name, version in libraries.items() if name != "python"},
    }


def commit_of(folder: Path) -> str | None:
    """The commit that a checkout is at, with `+` where files differ from it; None where the folder is no checkout."""
    if not (folder / ".git").exists():  # an installed program may lie inside somebody else's repository
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
