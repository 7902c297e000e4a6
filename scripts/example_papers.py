"""Writes made-up papers, from lists of words, to try the program and the notebook with.

uv run python -m scripts.example_papers papers.jsonl [NUMBER]

No row is of a real paper. Categories are drawn first, and the words of an abstract from the lists of its categories.
"""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

SEED = 0
# How often each is a primary category, which other it is listed with, and words that its papers use.
FIELDS: dict[str, tuple[float, tuple[str, ...], str]] = {
    "cs.LG": (0.22, ("cs.AI", "stat.ML"), "learning training network gradient loss generalisation data optimiser"),
    "cs.CV": (0.18, ("cs.LG", "eess.IV"), "image segmentation detection camera pixels video convolutional scene"),
    "cs.CL": (0.14, ("cs.AI", "cs.LG"), "language translation corpus words sentences dialogue summarisation speech"),
    "cs.AI": (0.06, ("cs.LG", "cs.CL"), "reasoning planning agents search knowledge logic constraints decisions"),
    "stat.ML": (0.05, ("cs.LG", "math.ST"), "kernel estimator bayesian regression sampling variational posterior risk"),
    "eess.IV": (0.03, ("cs.CV",), "tomography reconstruction scans denoising compression resolution medical signal"),
    "math.ST": (0.04, ("stat.TH",), "asymptotic estimator minimax covariance likelihood consistency rates testing"),
    "stat.TH": (0.01, ("math.ST",), "estimator asymptotic likelihood minimax distribution inference rates tests"),
    "hep-th": (0.08, ("gr-qc", "math-ph"), "gauge string duality branes conformal symmetry holography operators"),
    "gr-qc": (0.07, ("hep-th", "astro-ph.CO"), "gravity horizon spacetime waves black holes curvature metric inspiral"),
    "astro-ph.CO": (0.06, ("gr-qc",), "cosmology galaxies redshift expansion matter survey lensing background"),
    "math.CO": (0.06, ("cs.DM",), "graphs colouring permutations trees bounds matroids partitions extremal"),
}
TWINS = {"math.ST": "stat.TH", "stat.TH": "math.ST"}
_COMMON = (
    "we",
    "study",
    "propose",
    "show",
    "that",
    "a",
    "new",
    "method",
    "results",
    "of",
    "this",
    "problem",
    "for",
    "and",
)


def example_papers(number: int, seed: int = SEED) -> Iterator[dict[str, object]]:
    """Papers with id, title, abstract, categories (primary first) and month; the same seed gives the same papers."""
    rng = random.Random(seed)
    for index in range(number):
        categories = _categories(rng)
        month = f"2025-{rng.randint(1, 12):02}"
        title = " ".join(_words(rng, categories, rng.randint(4, 9))).capitalize()
        abstract = " ".join(_sentence(rng, categories) for _ in range(max(2, round(rng.gauss(8, 3)))))
        yield {"id": f"example-{index}", "title": title, "abstract": abstract, "categories": categories, "date": month}


def _categories(rng: random.Random) -> list[str]:
    primary = rng.choices(list(FIELDS), [share for share, _, _ in FIELDS.values()])[0]
    listed = [primary, *(other for other in FIELDS[primary][1] if rng.random() < 0.35)]
    # arXiv lists both of a pair of aliases.
    return list(dict.fromkeys(both for one in listed for both in (one, TWINS.get(one, one))))


def _sentence(rng: random.Random, categories: list[str]) -> str:
    return " ".join(_words(rng, categories, rng.randint(8, 24))).capitalize() + "."


def _words(rng: random.Random, categories: list[str], number: int) -> list[str]:
    own = [word for category in categories if category in FIELDS for word in FIELDS[category][2].split()]
    return [rng.choice(own if rng.random() < 0.45 else _COMMON) for _ in range(number)]


def main(arguments: list[str]) -> None:
    """Writes JSON Lines to the file that the first argument names."""
    path, number = Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 2000
    path.write_text("".join(json.dumps(paper) + "\n" for paper in example_papers(number)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
