"""Bodies that no well-meaning client sends: broken JSON, odd numbers, wrong types, broken texts.

    uv run --group dev python -m scripts.hostile_bodies [--count 10000] [--seed 0]

Starts `serve` on a free port of this machine, sends the bodies to all routes that take one, and stops it. Prints the
statuses of each route. Ends with code 1 where an answer was a 500, or a 503 without Retry-After, or where an answer
failed to come.
"""

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.e2e.server import TEXT, Server

ROUTES = ("predict", "embed", "similar", "feedback")
_FIELDS = ("abstracts", "title", "titles", "id", "date", "threshold", "top_k", "explain", "model", "on_error", "labels")
_TOKENS = (b"NaN", b"-Infinity", b"1e999", b"-0", b"9" * 400, b'"\\ud800"', b"{", b"[" * 2000, b"\x00", b"\xff\xfe")
_TEXTS = (
    TEXT, "", " ", "\x00", "\u202e" * 50, "a" * 25_000, "\ud800", "\U0001f600" * 100, "$" * 500, "{{7*7}}",
    "2026-13-45", "0001-01", "../../etc/passwd", "registry:x@y", "cs.LG",
)  # fmt: skip
_NUMBERS = (0, -1, 1, 2**31, 2**63, 10**400, 0.5, -0.0, 1e308, 5e-324)


def bodies(count: int, seed: int = 0) -> Iterator[bytes]:
    """Yields `count` bodies, the same for the same seed."""
    chance = random.Random(seed)
    makers: tuple[Callable[[random.Random], bytes], ...] = (
        _noise,
        _odd_value,
        _odd_option,
        _odd_paper,
        _odd_text,
        _broken,
        _cut,
    )
    for _ in range(count):
        yield chance.choice(makers)(chance)


def _value(chance: random.Random, depth: int = 0) -> object:
    kind = chance.randrange(7 if depth < 3 else 5)
    if kind < 2:
        return chance.choice(_TEXTS)
    if kind < 4:
        return chance.choice(_NUMBERS)
    if kind == 4:
        return chance.choice((None, True, False))
    values = [_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return values if kind == 5 else dict(zip(map(str, chance.sample(_FIELDS, len(values))), values, strict=True))


def _request(chance: random.Random) -> dict[str, object]:
    return {"abstracts": [TEXT] * chance.randrange(1, 4), "top_k": chance.randrange(0, 6)}


def _dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


def _noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(200))


def _odd_value(chance: random.Random) -> bytes:
    return _dumped({**_request(chance), chance.choice(_FIELDS): _value(chance)})


def _odd_paper(chance: random.Random) -> bytes:
    papers = [{"abstract": _value(chance), chance.choice(_FIELDS): _value(chance)} for _ in range(chance.randrange(5))]
    return _dumped({"abstracts": papers})


def _odd_text(chance: random.Random) -> bytes:
    """A request of the right shape with texts that are hard to read."""
    fields = ("id", "title", "date", "abstract")
    papers = [{field: chance.choice(_TEXTS) for field in fields[chance.randrange(4) :]} for _ in range(4)]
    return _dumped({"abstracts": papers, "explain": chance.random() < 0.1})


def _odd_option(chance: random.Random) -> bytes:
    option = chance.choice(("threshold", "top_k", "explain", "model", "on_error"))
    value: object = chance.choice((*_NUMBERS, "baseline", "skip", "fail", True, None, [], {}))
    return _dumped({**_request(chance), option: value})


def _broken(chance: random.Random) -> bytes:
    """A good request in which a value is replaced by bytes that are no JSON value, or an odd one."""
    return _dumped(_request(chance)).replace(chance.choice((b"[", b'"', b"3", b":")), chance.choice(_TOKENS), 1)


def _cut(chance: random.Random) -> bytes:
    whole = _dumped(_request(chance))
    return whole[: chance.randrange(len(whole))]


def statuses(server: Server, count: int, seed: int = 0) -> dict[str, Counter[str]]:
    """Sends the bodies to the routes in turn; counts what came back, as `422` or `no answer`."""
    found: dict[str, Counter[str]] = {route: Counter() for route in ROUTES}
    for number, body in enumerate(bodies(count, seed)):
        route = ROUTES[number % len(ROUTES)]
        try:
            answer = server.send("POST", f"/api/v1/{route}/", body)
        except (OSError, http.client.HTTPException):
            found[route]["no answer"] += 1
            continue
        waits = answer.status != 503 or "Retry-After" in answer.headers
        found[route][str(answer.status) if waits else "503 without Retry-After"] += 1
    return found


def statuses_of_a_server(folder: Path, count: int, seed: int = 0) -> dict[str, Counter[str]]:
    """Like `statuses`, of a server that is started for it with an encoder and a database of feedback in `folder`."""
    root = Path(__file__).parents[1]
    database = f"sqlite:///{folder / 'feedback.sqlite3'}"
    migrate = [sys.executable, "-m", "entrypoints", "manage", "migrate"]
    named = {**os.environ, "ARXIV_CLASSIFIER_API__DATABASE": database, "PYTHONPATH": str(root)}
    subprocess.run(migrate, check=True, capture_output=True, cwd=folder, env=named)
    artifacts = str(root / "artifacts")
    with Server(
        folder, ARXIV_CLASSIFIER_ARTIFACTS=artifacts, encoder="minilm", feedback=True, database=database
    ) as server:
        return statuses(server, count, seed)


def failures(found: dict[str, Counter[str]]) -> list[str]:
    """The statuses among those counted that a server must never answer."""
    bad = ("500", "503 without Retry-After", "no answer")
    return [
        f"{route}: {status}, {counts[status]} times"
        for route, counts in found.items()
        for status in bad
        if counts[status]
    ]


def main() -> None:
    """Sends the bodies and prints what came back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="how many bodies")
    parser.add_argument("--seed", type=int, default=0, help="which bodies")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = statuses_of_a_server(Path(folder), given.count, given.seed)
    for route, counts in found.items():
        print(route, json.dumps(dict(sorted(counts.items()))))
    if bad := failures(found):
        sys.exit("\n".join(bad))


if __name__ == "__main__":
    main()
