"""The code in the documentation, run in a copy of the checkout as a reader would run it in a clone."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.documents import PAGES, Block, blocks, name_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_RUN_BY = {"sh": ("bash", "-euo", "pipefail", "-c"), "python": ("uv", "run", "python", "-c")}
_KEPT = frozenset({".venv", "uv.lock", "__pycache__"})
_RUN = [block for page in PAGES for block in blocks(page) if block.language in _RUN_BY and block.not_run is None]


@pytest.fixture(scope="module")
def clone(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of every file of the checkout that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    copy = tmp_path_factory.mktemp("clone")
    for name in filter(None, listed.stdout.split("\0")):
        if (project / name).is_file():  # a file that was removed is listed until that is committed
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(project / name, copy / name)
    return copy


@pytest.fixture
def tidy(clone: Path) -> Iterator[Path]:
    """The copy of the checkout. Files that a block writes are removed again.

    The environment, its lock and compiled modules stay: without them, each block resolves and compiles everything anew.
    """
    before = _files(clone)
    yield clone
    for path in _files(clone) - before:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("block", _RUN, ids=lambda block: f"{name_of(block.page)}:{block.line}")
def test_a_block_runs_as_it_is_written(tidy: Path, block: Block) -> None:
    """A block of commands or Python succeeds and prints the output that the page shows, unless a reason is above it."""
    done = subprocess.run(
        [*_RUN_BY[block.language], block.code],
        cwd=tidy,
        env=_plain(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{block.code}\n{done.stdout}\n{done.stderr}"
    for line in (block.prints or "").splitlines():
        assert line.removesuffix("...").rstrip() in done.stdout, f"{line}\n{done.stdout}"


def test_the_pages_have_blocks_that_run() -> None:
    """README, quick start and each guide have a block that runs."""
    pages = {name_of(block.page) for block in _RUN}
    guides = {f"docs/guides/{reader}.md" for reader in ("author", "librarian", "ml-engineer")}
    assert {"README.md", "docs/quick-start.md"} | guides <= pages


def test_the_training_in_the_readme_is_run_in_a_guide(project: Path) -> None:
    """The README's commands for a first training stand in a block of the ML engineer's guide that is run."""
    (shown,) = (block for block in blocks(project / "README.md") if "ml-engineer.md runs" in (block.not_run or ""))
    guide = [block.code for block in _RUN if name_of(block.page) == "docs/guides/ml-engineer.md"]
    assert any(set(shown.code.splitlines()) <= set(code.splitlines()) for code in guide)


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file() and _KEPT.isdisjoint(path.parts)}


def _plain() -> dict[str, str]:
    """Returns the environment without the tests' own interpreter, so that uv makes one in the copy."""
    caches = {name: os.environ[name] for name in ("UV_CACHE_DIR", "UV_LINK_MODE") if name in os.environ}
    return caches | {
        name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PYTHON", "UV_"))
    }
