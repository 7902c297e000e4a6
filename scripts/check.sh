#!/usr/bin/env bash
# Checks everything: style, types, layers, the documentation site, tests with coverage, and the built wheel. CI runs the same.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Without bytecode each process would compile all its modules again.
unset PYTHONDONTWRITEBYTECODE
uv sync --inexact --group dev --group docs --group notebook --group release
export UV_NO_SYNC=1
uv run ruff check
uv run ruff format --check
uv run lint-imports
# A broken link or a page outside the navigation ends it.
NO_MKDOCS_2_WARNING=1 uv run mkdocs build --strict --quiet
# mypy has one thread for a minute and a half, tests have all processors: together they leave none idle.
types=$(mktemp)
uv run mypy >"$types" 2>&1 &
mypy=$!
trap 'kill "$mypy" 2>/dev/null || true; rm -f "$types"' EXIT
# What fails on a busy machine is run once more, alone; a second failure ends the check.
tests() {
  rm -f .pytest_cache/v/cache/lastfailed
  uv run pytest "$@" && return
  test $? = 1
  local once_more=(-n0 --maxfail=1 --last-failed --last-failed-no-failures=none)
  [[ " $* " != *" --cov "* ]] || once_more+=(--cov-append)
  echo "Running the failed tests once more, one at a time."
  uv run pytest "$@" "${once_more[@]}"
}
# Tests run on all processors (tests/distribution.py).
tests --cov
wait "$mypy" || { cat "$types"; exit 1; }
cat "$types"
# Among them: the wheel, installed in an empty environment with its command run from /.
tests -m slow
