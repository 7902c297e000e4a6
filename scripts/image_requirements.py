"""Writes the locked, hash-checked requirements of the container images: `python -m scripts.image_requirements`.

Takes the versions from pyproject.toml and its `exclude-newer`. Pins that are written and still fit are kept;
`--upgrade` drops them. `--check` writes nothing and exits 1 if a file would change. Needs uv and the package index.
"""

import argparse
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docker" / "requirements"
PYTHON = "3.11"
"""Debian bookworm's Python, which the images run."""

_BESIDE_TRAINING = (
    *("hub", "arxiv", "xlsx", "audit", "similar", "sweep", "postgresql", "report"),
    *("mlflow", "tensorboard", "wandb"),
)
# The extras of each image's target.
EXTRAS: dict[str, tuple[str, ...]] = {
    "api": ("serve", "postgresql", "tracing"),
    "demo": ("demo", "arxiv", "xlsx"),
    "train": ("train", *_BESIDE_TRAINING),
    "cuda": ("cuda", *_BESIDE_TRAINING),
}
# What builds the wheel inside the image.
BUILD = "build"


def header() -> str:
    """The first lines of each file: where it comes from, and the day its versions were chosen on."""
    day = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["uv"]["exclude-newer"]
    return (
        f"# Made by `python -m scripts.image_requirements` from pyproject.toml; do not edit.\n# Newest release: {day}\n"
    )


def compiled(target: str, kept: Path | None) -> str:
    """The requirements of a target, each with its version and hashes; `kept` holds the pins to keep."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "requirements.txt"
        if kept is not None and kept.is_file():
            output.write_bytes(kept.read_bytes())
        subprocess.run([*_command(target, Path(folder)), "--output-file", str(output)], cwd=ROOT, check=True)
        return header() + output.read_text("utf-8")


def _command(target: str, folder: Path) -> list[str]:
    source, extras = ROOT / "pyproject.toml", EXTRAS.get(target, ())
    if target == BUILD:
        source = folder / "build.in"
        source.write_text("\n".join(build_requirements()) + "\n", "utf-8")
    form = [
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--no-annotate",
        "--no-header",
        "--quiet",
    ]
    chosen = [part for extra in extras for part in ("--extra", extra)]
    return ["uv", "pip", "compile", str(source), *chosen, "--universal", "--python-version", PYTHON, *form]


def build_requirements() -> list[str]:
    """Returns the requirements of pyproject.toml for building the wheel."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return [str(each) for each in table["build-system"]["requires"]]


def main(arguments: list[str] | None = None) -> int:
    """Writes or checks all files; 1 where a checked one differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    parser.add_argument("--upgrade", action="store_true", help="choose all versions anew")
    chosen = parser.parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    differing = [target for target in (*EXTRAS, BUILD) if not _done(target, check=chosen.check, upgrade=chosen.upgrade)]
    for target in differing:
        print(f"docker/requirements/{target}.txt is out of date: python -m scripts.image_requirements", file=sys.stderr)
    return 1 if differing else 0


def _done(target: str, *, check: bool, upgrade: bool) -> bool:
    file = FOLDER / f"{target}.txt"
    text = compiled(target, None if upgrade else file)
    if check:
        return file.is_file() and file.read_text("utf-8") == text
    file.write_text(text, "utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
