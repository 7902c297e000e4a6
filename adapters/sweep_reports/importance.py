"""Which parameters a sweep's scores depend on."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from domain.sweep import Choice, Goal, Metric, Parameter, Range, TrialRecord

# Fewer trials than this say nothing of a parameter.
FEWEST = 6
# The share of trials that count as good; Optuna's own 0.1 would be two of twenty.
_GOOD = 0.25


def importances(
    records: Sequence[TrialRecord], parameters: Mapping[str, Parameter], metric: Metric
) -> dict[str, float]:
    """The parameters' shares of importance, adding up to 1, greatest first; empty where too few trials are finished.

    PED-ANOVA (Watanabe et al., 2023): how far the distribution of a parameter among good trials is from that among all.
    Trials that were ended early count with the best they reached.
    """
    import optuna
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rated = [(record, value) for record in records if (value := reached(record, metric)) is not None]
    varied = {
        name: each for name, each in parameters.items() if len({repr(r.parameters.get(name)) for r, _ in rated}) > 1
    }
    if len(rated) < FEWEST or not varied or len({value for _, value in rated}) == 1:
        return {}
    study = optuna.create_study(direction="maximize" if metric.goal == Goal.MAXIMIZE else "minimize")
    distributions = {name: _distribution(each, [r for r, _ in rated], name) for name, each in varied.items()}
    for record, value in rated:
        study.add_trial(
            optuna.create_trial(
                value=value,
                params={name: _stored(each, record.parameters[name]) for name, each in varied.items()},
                distributions=distributions,
            )
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that PED-ANOVA is new, and that many trials have the same score
        found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator(target_quantile=_GOOD))
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def reached(record: TrialRecord, metric: Metric) -> float | None:
    """A trial's score, or the best of its epochs where it was ended early; None where it has neither."""
    if record.score is not None:
        return record.score
    choose = max if metric.goal == Goal.MAXIMIZE else min
    return choose(record.epochs.values(), default=None)


def _distribution(parameter: Parameter, records: Sequence[TrialRecord], name: str) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if isinstance(parameter, Choice):
        return CategoricalDistribution([repr(value) for value in parameter.values])
    if isinstance(parameter, Range):
        return FloatDistribution(parameter.low, parameter.high, log=parameter.logarithmic)
    values = [float(str(record.parameters[name])) for record in records]
    return FloatDistribution(min(values), max(values))


def _stored(parameter: Parameter, value: object) -> object:
    return repr(value) if isinstance(parameter, Choice) else value
