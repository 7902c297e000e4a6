"""Counts the alarms of `drift` among papers of one population: `python -m scripts.drift_alarms MODEL SOURCE`.

In each round the papers of SOURCE are dealt at random into a reference and current papers. `--mixture cs.` keeps only a
fifth of the current papers whose primary category begins so, which changes the mixture and not the texts. `--current`
names papers of another population, all of whose alarms are right.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from application.drift.samples import DriftPapers
from application.measure_drift import Limits, MeasureDrift, Period
from application.open_model import LoadedModel
from entrypoints.cli.drift_papers import ReadDriftPapers
from entrypoints.container import container_of
from entrypoints.settings import load_settings

_REFERENCE = 5000


def main() -> None:
    """Prints how often each verdict was given, and the highest values of each measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("source")
    parser.add_argument("--current")
    parser.add_argument("--mixture", default="")
    parser.add_argument("--papers", type=int, default=2500)
    parser.add_argument("--rounds", type=int, default=50)
    arguments = parser.parse_args()
    settings = load_settings({})
    loaded: LoadedModel = container_of(settings).loaded_model(arguments.model)
    read = ReadDriftPapers(settings, loaded, None, strict=True)
    sources = read(arguments.source, *([arguments.current] if arguments.current else []))
    measure = MeasureDrift(loaded.classifier.taxonomy, Limits(), least_papers=1_000_000)
    chance = np.random.default_rng(0)
    found = []
    for _ in range(arguments.rounds):
        pair = dealt(sources, arguments.papers, arguments.mixture, chance)
        found.append(measure(*pair).whole)
    print(dict(Counter(each.verdict for each in found)))
    for line in highest(found):
        print(line)


def dealt(
    sources: Sequence[DriftPapers], papers: int, mixture: str, chance: np.random.Generator
) -> tuple[DriftPapers, DriftPapers]:
    """Returns up to 5,000 random reference papers, and current papers of the same or of another source."""
    first = chance.permutation(len(sources[0]))
    if len(sources) > 1:
        reference, current = first[:_REFERENCE], chance.permutation(len(sources[1]))[:papers]
    else:
        reference, current = first[papers : papers + _REFERENCE], first[:papers]
    kept = [
        row
        for place, row in enumerate(current.tolist())
        if not mixture or place % 5 == 0 or not str(sources[-1].primaries[row]).startswith(mixture)
    ]
    return _rows(sources[0], reference), _rows(sources[-1], np.array(kept))


def _rows(papers: DriftPapers, rows: NDArray[np.intp]) -> DriftPapers:
    listed = rows.tolist()
    assert papers.abstracts is not None
    return replace(
        papers,
        months=(None,) * len(listed),
        probabilities=papers.probabilities[rows],
        primaries=tuple(papers.primaries[row] for row in listed),
        abstracts=tuple(papers.abstracts[row] for row in listed),
    )


def highest(found: Sequence[Period]) -> list[str]:
    """Returns of each measure: its limit, how often it alerts, and the median and highest lower bound that counts."""
    lines = []
    for place, measure in enumerate(found[0].measures):
        each = [period.measures[place] for period in found]
        lows = [(one.distance if one.alike is None else one.alike).low for one in each]
        alarms = sum(one.alerts for one in each)
        lines.append(
            f"{measure.name}: limit {measure.limit}, alarms {alarms}, low bound median {np.median(lows):.4f}, "
            f"highest {max(lows):.4f}"
        )
    return lines


if __name__ == "__main__":
    main()
