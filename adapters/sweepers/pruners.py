"""Optuna's pruners for the early stopping of sweep files."""

from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner

from domain.errors import ConfigurationError
from domain.sweep import EarlyStop, Hyperband


def pruner_of(early_stop: EarlyStop | None, most_epochs: int | None) -> BasePruner:
    """Returns the pruner for a sweep file's settings."""
    if early_stop is None:
        return NopPruner()
    if isinstance(early_stop, Hyperband):
        return _hyperband(early_stop, most_epochs)
    return MedianPruner(n_startup_trials=4, n_warmup_steps=2)  # from the second epoch on


def _hyperband(wanted: Hyperband, most_epochs: int | None) -> BasePruner:
    eta = int(wanted.eta)
    if eta != wanted.eta or eta < 2:
        raise ConfigurationError(f"early_terminate.eta is {wanted.eta:g}; for Optuna it must be a whole number from 2.")
    if wanted.max_iter is not None:
        least, most = max(1, wanted.max_iter // eta ** (wanted.s or 0)), wanted.max_iter
    else:
        least, most = wanted.min_iter or 1, most_epochs or (wanted.min_iter or 1)
    if least > most:
        return NopPruner()
    return HyperbandPruner(min_resource=least, max_resource=most, reduction_factor=eta)
