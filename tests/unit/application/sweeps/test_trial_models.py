"""Which models of a sweep are kept."""

from pathlib import Path

from application.sweeps.trial_models import model_of, remove_worse, trial_models
from domain.sweep import Method, Metric, SweepDefinition, SweepPlan, TrialRecord, TrialState
from tests.fakes.sweeper import FakeSweeper


def test_the_best_and_the_running_trials_keep_their_models(tmp_path: Path) -> None:
    """Worse models go. The best one, those of running trials, and those of trials to come stay."""
    swept = SweepDefinition("small", Method.RANDOM, Metric(), {})
    sweeper = FakeSweeper(SweepPlan(swept, {}, 4))
    scores = {0: 0.1, 1: 0.7, 2: 0.4}
    sweeper.kept = {n: TrialRecord(n, TrialState.COMPLETE, {}, score, {1: score}) for n, score in scores.items()}
    sweeper.kept[3] = TrialRecord(3, TrialState.RUNNING, {})
    for number in range(5):
        (trial_models(tmp_path, number) / "fake" / "v1").mkdir(parents=True)
    remove_worse(tmp_path, sweeper, swept)
    kept = [number for number in range(5) if trial_models(tmp_path, number).is_dir()]
    assert kept == [1, 3, 4]
    assert model_of(tmp_path, sweeper.kept[1]) == trial_models(tmp_path, 1) / "fake" / "v1"
    assert model_of(tmp_path, sweeper.kept[2]) is None
