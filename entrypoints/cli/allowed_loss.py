"""The option --fail-if-worse: by how much a model's metric may be worse than that of the first model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import click
from typing_extensions import override

from domain.errors import ArxivClassifierError

if TYPE_CHECKING:
    from application.evaluation.findings import ModelComparison


@dataclass(frozen=True, slots=True)
class AllowedLoss:
    """A metric and how much worse it may be."""

    metric: str
    margin: float


class AllowedLossType(click.ParamType):  # type: ignore[type-arg]  # click 8.2 has no generic one
    """Text such as `micro_f1:0.005`."""

    name = "METRIC:MARGIN"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> AllowedLoss:
        if isinstance(value, AllowedLoss):
            return value
        metric, _, margin = str(value).partition(":")
        try:
            number = float(margin)
        except ValueError:
            number = -1.0
        if not metric or not (isfinite(number) and number >= 0):
            self.fail(f"{value!r} is not a metric and a margin from 0. Write for example micro_f1:0.005.", param, ctx)
        return AllowedLoss(metric, number)


def refuse_losses(comparisons: "Sequence[ModelComparison]", allowed: Sequence[AllowedLoss]) -> None:
    """Raises ArxivClassifierError, for exit code 1, if a model is worse than the first one by more than its margin."""
    from application.evaluation.comparison import worse_by

    found = []
    for pair in comparisons if allowed else ():
        if pair.comparison is None:
            raise ArxivClassifierError(f"{pair.candidate} shares no category with {pair.reference} to compare them by.")
        reference = {row.name: row.reference for row in pair.comparison.metrics}
        candidate = {row.name: row.candidate for row in pair.comparison.metrics}
        for each in allowed:
            if worse_by(each.metric, reference, candidate) > each.margin:
                found.append(_sentence(each, pair, reference, candidate))
    if found:
        raise ArxivClassifierError(" ".join(found))


def check_losses(allowed: Sequence[AllowedLoss], models: int) -> None:
    """Raises click.UsageError for an unknown metric, or if there are not two models to compare."""
    from application.evaluation.comparison import metric_names

    if allowed and models < 2:
        raise click.UsageError("--fail-if-worse compares models. Name two or more: --models baseline baseline/VERSION.")
    known = metric_names() if allowed else ()
    for each in allowed:
        if each.metric not in known:
            raise click.UsageError(f"There is no metric {each.metric!r}. Known are: {', '.join(sorted(known))}.")


def _sentence(
    allowed: AllowedLoss, pair: "ModelComparison", reference: Mapping[str, float], candidate: Mapping[str, float]
) -> str:
    name = allowed.metric
    return (
        f"{pair.candidate} is worse than {pair.reference}: {name} is {candidate[name]:.4f} in place of "
        f"{reference[name]:.4f}, and may be worse by {allowed.margin:g}."
    )
