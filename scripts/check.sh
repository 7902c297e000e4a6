#!/usr/bin/env bash
# Checks everything: style, types, layers, tests with coverage, and the built wheel. CI runs the same.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

uv sync --inexact --group dev
export UV_NO_SYNC=1
uv run ruff check
uv run ruff format --check
uv run mypy
uv run lint-imports
# A file's tests share what they set up, so they run in one process.
uv run pytest --cov --numprocesses logical --dist loadfile
# Among them: the wheel, installed in an empty environment with its command run from /.
uv run pytest -m slow --numprocesses logical --dist loadfile
