"""The Ray engine beside the local one: papers a second after the start, with the same parts, in one run.

    uv run --group bench python -m benchmarks.engines [--papers 200000] [--workers 2] [--rounds 2] [--json FILE]

Reads the folder arxiv of ARXIV_CLASSIFIER_DATA. The engines take turns. A part's file has the time at which it was
done. The start lasts until the first part is done, less the time that a part takes later. The rate is that of the parts
after the first `workers` ones.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.bulk import OURS, papers_file

_ROWS = 10_000


def main() -> None:
    """Measures both engines, and prints a row each and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write the rows here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        source = papers_file(Path(name), options.papers)
        runs: dict[str, list[dict[str, float]]] = {"local": [], "ray": []}
        for number in range(options.rounds):
            for engine, done in runs.items():
                done.append(_run(source, Path(name) / f"{engine}-{number}", engine, options.workers))
    found = {engine: _median(done) for engine, done in runs.items()}
    for engine, row in found.items():
        print(engine, "  ".join(f"{key}={value}" for key, value in row.items()), flush=True)
    print(f"ratio={found['ray']['papers_per_s'] / found['local']['papers_per_s']:.2f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


def _run(source: Path, out: Path, engine: str, workers: int) -> dict[str, float]:
    """Seconds in all and until work began, and papers a second after that."""
    began = time.time()
    command = [*OURS, str(source), "-o", f"{out}/", "--engine", engine, "--workers", str(workers)]
    subprocess.run([*command, "--rows-per-part", str(_ROWS)], check=True, capture_output=True)
    ended = time.time()
    done = sorted(path.stat().st_mtime for path in out.glob("part-*.parquet"))
    seconds = (done[-1] - done[workers - 1]) / (len(done) - workers)
    each = seconds if engine == "local" else seconds * workers
    return {"seconds": ended - began, "start_s": done[0] - began - each, "papers_per_s": _ROWS / seconds}


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(run[name] for run in runs), 1) for name in runs[0]}


if __name__ == "__main__":
    main()
