"""Measures the coverage of a model on labelled papers, by archive: `python -m scripts.coverage_table MODEL SOURCE`.

`--coverage` is the share that is promised. Archives are those of the primary category.
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from application.conformal.sets import category_sets
from application.evaluate import probabilities_of
from application.metrics.intervals import wilson
from application.open_model import LoadedModel
from application.papers.targets import targets_of
from domain.labelled_abstract import LabelledAbstract
from entrypoints.container import container_of
from entrypoints.settings import load_settings

LEAST = 400


def main() -> None:
    """Prints the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("source")
    parser.add_argument("--coverage", type=float, default=0.95)
    arguments = parser.parse_args()
    container = container_of(load_settings({"dataset": arguments.source}))
    loaded: LoadedModel = container.loaded_model(arguments.model)
    papers = list(container.dataset().papers(None, lambda record: None))
    print("| papers | number | coverage | 95 % interval | categories in a set | no set |\n|---|---|---|---|---|---|")
    for line in table(loaded, papers, arguments.coverage):
        print(line)


def table(loaded: LoadedModel, papers: Sequence[LabelledAbstract], coverage: float) -> Iterator[str]:
    """Yields a row for all papers with one of the model's categories, and one for each archive with 400 of them."""
    stored, taxonomy = loaded.stored, loaded.classifier.taxonomy
    sets = category_sets(stored.card.conformal, coverage, taxonomy, stored.name)
    probabilities = probabilities_of(loaded.classifier, [paper.abstract for paper in papers])
    targets = targets_of(papers, taxonomy).astype(np.bool_)
    known = np.asarray(targets.any(axis=1))
    covered = np.asarray((sets.whole(probabilities) | ~targets).all(axis=1))
    given, abstained = sets.of(probabilities)
    archives = np.array([str(paper.primary).partition(".")[0] for paper in papers])
    yield _row("all", known, covered, given, abstained)
    for archive in sorted(set(archives.tolist())):
        rows = known & (archives == archive)
        if rows.sum() >= LEAST:
            yield _row(archive, rows, covered, given, abstained)


def _row(
    name: str,
    rows: NDArray[np.bool_],
    covered: NDArray[np.bool_],
    given: NDArray[np.bool_],
    abstained: NDArray[np.bool_],
) -> str:
    share = wilson(int(covered[rows].sum()), int(rows.sum()))
    sizes = given[rows & ~abstained].sum(axis=1)
    return (
        f"| {name} | {rows.sum():,} | {share.value:.3f} | {share.low:.3f} to {share.high:.3f} | "
        f"{sizes.mean() if len(sizes) else 0:.1f} | {abstained[rows].mean():.3f} |"
    )


if __name__ == "__main__":
    main()
