"""Measures a model's calibration on labelled papers, by archive: `python -m scripts.calibration_table MODEL SOURCE`.

By the true archive, right probabilities have an error too, because the choice of papers says part of their truth. It is
drawn here: the categories of each paper by its probabilities, and the primary one among them by these too.
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from application.calibration.platt_scaling import twins_of
from application.evaluate import probabilities_of
from application.evaluation.archive_calibration import ALL, TRUE, archive_calibrations
from application.evaluation.outcome import Outcome, outcome_of
from application.evaluation.parts import archive_of
from application.metrics.calibration_error import likely_calibration_error
from application.open_model import LoadedModel
from domain.labelled_abstract import LabelledAbstract
from entrypoints.container import container_of
from entrypoints.settings import load_settings

_DRAWS = 40
_HEAD = "| archive | of the | papers | ECE | right probabilities, 95 % of draws |\n|---|---|---|---|---|"


def main() -> None:
    """Prints the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("source")
    arguments = parser.parse_args()
    container = container_of(load_settings({"dataset": arguments.source}))
    loaded: LoadedModel = container.loaded_model(arguments.model)
    papers = list(container.dataset().papers(None, lambda record: None))
    print("\n".join((_HEAD, *table(loaded, papers))))


def table(loaded: LoadedModel, papers: Sequence[LabelledAbstract]) -> Iterator[str]:
    """Yields a row for all papers, and for each archive with 100 papers by the predicted and by the true archive."""
    probabilities = probabilities_of(loaded.classifier, [paper.abstract for paper in papers])
    whole = outcome_of(papers, loaded.classifier.taxonomy, loaded.stored.card.thresholds, probabilities)
    drawn = drawn_by_true_archive(whole, _DRAWS, seed=0)
    rows = archive_calibrations(papers, whole, seed=0)
    for row in (each for each in rows if each.archive in (ALL, *drawn)):
        errors = [row.chance.low, row.chance.value, row.chance.high] if row.chance else _summed(drawn[row.archive])
        whose = (
            "all papers" if row.archive == ALL else f"{'true primary' if row.by == TRUE else 'most probable'} category"
        )
        low, mean, high = (f"{each:.3f}" for each in errors)
        yield f"| {row.archive} | {whose} | {row.papers:,} | {row.error.value:.3f} | {mean} ({low} to {high}) |"


def drawn_by_true_archive(whole: Outcome, draws: int, *, seed: int) -> dict[str, list[float]]:
    """Returns the errors of right probabilities in each draw, of the papers of each archive by their drawn primary."""
    archives = np.array([archive_of(label, whole.taxonomy) or "" for label in whole.taxonomy])
    chance, found = np.random.default_rng(seed), {name: list[float]() for name in sorted(set(archives.tolist()))}
    for _ in range(draws):
        truth, primaries = _drawn(whole, chance)
        own = np.where(truth.any(axis=1), archives[primaries], "")
        for name, errors in found.items():
            rows = own == name
            errors.append(likely_calibration_error(truth[rows], whole.probabilities[rows]))
    return found


def _drawn(whole: Outcome, chance: np.random.Generator) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Returns drawn categories, twins together, and the column of the primary one."""
    twins, columns = twins_of(whole.taxonomy), np.arange(len(whole.taxonomy))
    first = columns if twins is None else np.minimum(columns, twins)
    truth = whole.probabilities > chance.random(whole.probabilities.shape)[:, first]
    logits = np.log(np.maximum(whole.probabilities, 1e-9)) + chance.gumbel(size=truth.shape)
    return truth, np.where(truth, logits, -np.inf).argmax(axis=1)


def _summed(errors: Sequence[float]) -> list[float]:
    low, high = np.percentile(errors, [2.5, 97.5]).tolist()
    return [low, float(np.mean(errors)), high]


if __name__ == "__main__":
    main()
