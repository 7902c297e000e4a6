"""Writes made-up reports with labels that are no arXiv categories, to try a training on labels of one's own with.

uv run python -m scripts.example_reports reports.csv [NUMBER]

No row is of a real report. The table has the columns Report, Summary and Keywords; labels have semicolons between them.
"""

import csv
import random
import sys
from collections.abc import Iterator
from pathlib import Path

SEED = 0
# Words that the reports of each label use.
LABELS = {
    "Soil: erosion": "runoff slope rain sediment gully terraces topsoil rill",
    "Soil: fertility": "nitrogen compost manure phosphorus humus yield lime clover",
    "Groundwater": "aquifer well nitrate recharge borehole pumping salinity spring",
    "Forestry": "timber spruce seedlings thinning bark beetle canopy stand",
    "Climate & weather": "drought frost rainfall station heatwave gauge season storm",
    "Farm economics": "prices subsidy labour market cooperative costs credit income",
}
_COMMON = "the report describes a survey of several farms and shows how results of this year compare with others"


def example_reports(number: int, seed: int = SEED) -> Iterator[dict[str, str]]:
    """Reports with one label or two; the same seed gives the same reports."""
    rng = random.Random(seed)
    for index in range(number):
        labels = rng.sample(list(LABELS), rng.choice([1, 1, 2]))
        words = [word for label in labels for word in LABELS[label].split()]
        sentences = [_sentence(rng, words) for _ in range(rng.randint(3, 7))]
        yield {"Report": f"R{index:05}", "Summary": " ".join(sentences), "Keywords": "; ".join(labels)}


def _sentence(rng: random.Random, words: list[str]) -> str:
    common = _COMMON.split()
    drawn = [rng.choice(words if rng.random() < 0.5 else common) for _ in range(rng.randint(8, 16))]
    return " ".join(drawn).capitalize() + "."


def main(arguments: list[str]) -> None:
    """Writes CSV to the file that the first argument names."""
    path, number = Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 1500
    rows = list(example_reports(number))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["Report", "Summary", "Keywords"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
