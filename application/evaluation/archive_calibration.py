"""How far probabilities are from observed shares, by archive."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.evaluation.likely_errors import LikelyErrors
from application.evaluation.outcome import Outcome
from application.evaluation.parts import archive_of
from application.evaluation.resampling import interval, resamples
from application.metrics.intervals import Estimate
from domain.labelled_abstract import LabelledAbstract

PREDICTED, TRUE = "predicted", "true"
ALL = "all"
# With fewer papers, chance alone moves the error of an archive by more than .03.
LEAST_PAPERS = 100
_DRAWS = 200


@dataclass(frozen=True, slots=True)
class ArchiveCalibration:
    """The calibration error of an archive's papers, or of `all` papers.

    `by` is `predicted` for the archive of the most probable category, and `true` for that of the first-listed one.
    `pairs` are those of paper and category with a probability of at least .05, and `error` is their ECE in 15 bins of
    equal mass. `chance` is the mean, with the range of 95 % of draws, of what right probabilities would have as error.
    It is None by the true archive, since that choice of papers says part of their truth.
    """

    by: str
    archive: str
    papers: int
    pairs: int
    error: Estimate
    chance: Estimate | None


def archive_calibrations(
    papers: Sequence[LabelledAbstract], whole: Outcome, *, seed: int
) -> tuple[ArchiveCalibration, ...]:
    """Returns the errors of all papers, and of each archive with at least 100 papers, the largest first.

    `whole` is the outcome for all papers, with those that have none of the model's categories, because probabilities
    hold for these too.
    """
    return tuple(_calibrations(papers, whole, seed))


def _calibrations(papers: Sequence[LabelledAbstract], whole: Outcome, seed: int) -> Iterator[ArchiveCalibration]:
    everything = np.ones(len(whole.rows), np.bool_)
    yield _calibration(PREDICTED, ALL, whole, everything, seed)
    for by, archives in ((PREDICTED, _predicted(whole)), (TRUE, _true(papers, whole))):
        names, sizes = np.unique(archives[archives != ""], return_counts=True)
        for size, name in sorted(zip((-sizes).tolist(), names.tolist(), strict=True)):
            if -size >= LEAST_PAPERS:
                yield _calibration(by, name, whole, archives == name, seed)


def _calibration(by: str, archive: str, whole: Outcome, rows: NDArray[np.bool_], seed: int) -> ArchiveCalibration:
    part = whole.of(rows)
    likely = LikelyErrors.of(part)
    papers = len(part.rows)
    counted = np.ones((papers, 1)) if part.weights is None else part.weights[:, None].astype(np.float64)
    value = float(likely.resampled(counted)[0])
    drawn = [likely.resampled(each) for each in resamples(papers, _DRAWS, seed=seed, weights=part.weights)]
    resampled = np.concatenate(drawn) if drawn else np.empty(0)
    chance = likely.by_chance(_DRAWS, seed=seed) if by == PREDICTED else None
    # Papers that are drawn twice raise the error.
    moved = resampled + value - np.median(resampled) if len(resampled) else resampled
    return ArchiveCalibration(
        by,
        archive,
        papers,
        len(likely.papers),
        interval(value, np.maximum(moved, 0.0)),
        None if chance is None else interval(float(chance.mean()), chance),
    )


def _predicted(whole: Outcome) -> NDArray[np.str_]:
    archives = np.array([archive_of(label, whole.taxonomy) or "" for label in whole.taxonomy], np.str_)
    found: NDArray[np.str_] = archives[whole.probabilities.argmax(axis=1)]
    return found


def _true(papers: Sequence[LabelledAbstract], whole: Outcome) -> NDArray[np.str_]:
    return np.array([archive_of(papers[row].primary, whole.taxonomy) or "" for row in whole.rows], np.str_)
