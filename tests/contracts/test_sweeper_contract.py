"""The contract of every sweeper: each trial once, each recorded, and interrupted ones again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.sweepers.wandb_api import WandbApi
from adapters.sweepers.weights_and_biases import WeightsAndBiasesSweeper
from domain.errors import ConfigurationError
from domain.ports.sweeper import Sweeper
from domain.sweep import SweepPlan, TrialPruned, TrialState
from tests.fakes.sweeper import FakeSweeper
from tests.lazily import lazily
from tests.sweeps import small_plan
from tests.wandb_server import WandbServer, serving

if TYPE_CHECKING:
    from adapters.sweepers import optuna
else:
    optuna = lazily("adapters.sweepers.optuna")

COUNT = 4
TRIED = [{"learning_rate": 0.1 * (number + 1), "epochs": 2} for number in range(COUNT)]
Reopen = Callable[[], Sweeper]


def fake(folder: Path) -> Iterator[Reopen]:
    """One in memory, which is not opened anew."""
    sweeper = FakeSweeper(small_plan(COUNT), TRIED)
    yield lambda: sweeper


def journal(folder: Path) -> Iterator[Reopen]:
    """Optuna with a journal file."""
    yield lambda: optuna.OptunaSweeper(small_plan(COUNT), str(folder / "journal.log"))


def database(folder: Path) -> Iterator[Reopen]:
    """Optuna with a database."""
    yield lambda: optuna.OptunaSweeper(small_plan(COUNT), f"sqlite:///{folder / 'sweep.db'}")


def wandb(folder: Path) -> Iterator[Reopen]:
    """Weights & Biases, with a server on this machine."""
    import wandb

    wandb.teardown()  # what tests before this one left, which remembers another address
    with serving(WandbServer(TRIED)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANDB_BASE_URL", server.url)
        patch.setenv("WANDB_API_KEY", "k" * 40)
        patch.setenv("HOME", str(folder / "home"))

        def open_(plan: SweepPlan | None = None) -> Sweeper:
            return WeightsAndBiasesSweeper(plan or small_plan(COUNT), folder, storage=None, options={}, api=WandbApi())

        yield open_
        wandb.teardown()  # which remembers the server's address for the process


@pytest.fixture(params=[fake, journal, database, wandb], ids=lambda make: make.__name__)
def reopened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reopen]:
    """Opens the sweep of one folder, each time as a new process would."""
    yield from request.param(tmp_path)


def test_hands_out_as_many_trials_as_were_asked_for(reopened: Reopen) -> None:
    """Each has a number of its own and values of every parameter, and its record says what became of it."""
    sweeper = reopened()
    seen = []
    while (trial := sweeper.next_trial()) is not None:
        assert set(trial.parameters) == {"learning_rate", "epochs"}
        trial.report({"validation_score": 0.1, "train_loss": 1.0}, epoch=1)
        trial.report({"validation_score": 0.2 + trial.number / 100}, epoch=2)
        trial.complete(0.2 + trial.number / 100)
        seen.append(trial.number)
    assert sorted(seen) == list(range(COUNT))
    assert sweeper.is_over()
    records = sweeper.records()
    assert [record.number for record in records] == list(range(COUNT))
    assert {record.state for record in records} == {TrialState.COMPLETE}
    assert [record.score for record in records] == pytest.approx([0.2, 0.21, 0.22, 0.23])
    assert records[1].epochs == pytest.approx({1: 0.1, 2: 0.21})
    sweeper.close()


def test_is_opened_again_where_it_stopped(reopened: Reopen) -> None:
    """A sweep that is opened anew has the trials of before, and hands out the rest."""
    first = reopened()
    trial = first.next_trial()
    assert trial is not None
    trial.report({"validation_score": 0.5}, epoch=1)
    trial.complete(0.5)
    parameters = dict(trial.parameters)
    first.close()
    second = reopened()
    assert [(each.score, dict(each.parameters)) for each in second.records()] == [(0.5, parameters)]
    assert not second.is_over()
    rest = []
    while (trial := second.next_trial()) is not None:
        trial.complete(0.1)
        rest.append(trial.number)
    assert rest == [1, 2, 3]
    second.close()


def test_remembers_why_a_trial_failed(reopened: Reopen) -> None:
    """A failed trial is one of those asked for, with its reason and no score. A pruned one has its epochs."""
    sweeper = reopened()
    first = sweeper.next_trial()
    assert first is not None
    first.fail("the loss is nan")
    second = sweeper.next_trial()
    assert second is not None
    second.report({"validation_score": 0.3}, epoch=1)
    second.prune()
    failed, pruned = sweeper.records()
    assert (failed.state, failed.reason, failed.score) == (TrialState.FAILED, "the loss is nan", None)
    assert (pruned.state, pruned.epochs, pruned.score) == (TrialState.PRUNED, {1: 0.3}, None)
    sweeper.close()


def test_a_trial_that_was_given_back_comes_again(reopened: Reopen, request: pytest.FixtureRequest) -> None:
    """It has the same parameters, what it reported, and says which trial it goes on with."""
    sweeper = reopened()
    trial = sweeper.next_trial()
    assert trial is not None
    trial.report({"validation_score": 0.4}, epoch=1)
    trial.give_back()
    assert sweeper.records() == []
    if "wandb" in request.node.name:
        return  # its server decides when a preempted run is resumed: test_weights_and_biases.py
    again = sweeper.next_trial()
    assert again is not None
    assert dict(again.parameters) == dict(trial.parameters)
    assert again.origin == trial.number
    assert again.epochs == {1: 0.4}
    again.complete(0.6)
    assert [record.epochs for record in sweeper.records()] == [{1: 0.4}]
    sweeper.close()


def test_a_metric_that_no_epoch_reports_is_named(reopened: Reopen) -> None:
    """The error says what is wanted and what there is."""
    sweeper = reopened()
    trial = sweeper.next_trial()
    assert trial is not None
    with pytest.raises(ConfigurationError, match=r"'validation_score', which epochs do not report.*train_loss"):
        trial.report({"train_loss": 0.4}, epoch=1)
    trial.fail("no metric")
    sweeper.close()


def test_pruning_is_told_by_an_exception(tmp_path: Path) -> None:
    """A trial worse than the median of four others is ended at its second epoch, and not at its first."""
    sweeper = optuna.OptunaSweeper(small_plan(6, early_terminate={"type": "median"}), str(tmp_path / "journal.log"))
    for _ in range(4):
        trial = sweeper.next_trial()
        assert trial is not None
        trial.report({"validation_score": 0.5}, epoch=1)
        trial.report({"validation_score": 0.6}, epoch=2)
        trial.complete(0.6)
    trial = sweeper.next_trial()
    assert trial is not None
    trial.report({"validation_score": 0.1}, epoch=1)
    with pytest.raises(TrialPruned):
        trial.report({"validation_score": 0.1}, epoch=2)
    trial.prune()
    sweeper.close()
