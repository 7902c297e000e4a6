"""One run in several trackers."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from typing_extensions import override

from adapters.trackers.several import SeveralTracker
from domain.charts import BarChart, Table
from domain.ports.tracker import Run
from tests.fakes.tracker import FakeRun, FakeTracker


def test_every_tracker_is_told_everything() -> None:
    """Each tracker has a run of its own with the same records."""
    trackers = [FakeTracker(), FakeTracker()]
    run = SeveralTracker(trackers).start("nightly", {"epochs": 1})
    run.log({"loss": 0.5}, step=1)
    run.log({"micro_f1": 0.7})
    run.log_table("examples", Table(("a",), ((1,),)))
    run.log_chart("f1", BarChart("t", "l", "v", (("a", 1.0),)))
    run.log_model(Path("model"), name="baseline", aliases=("1",))
    run.finish(succeeded=False)
    (one,), (other,) = (tracker.runs for tracker in trackers)
    assert one == other and one is not other
    assert (one.epochs, one.final, one.succeeded) == ({1: {"loss": 0.5}}, {"micro_f1": 0.7}, False)
    assert (list(one.tables), list(one.charts), one.aliases) == (["examples"], ["f1"], {"baseline": ("1",)})


def test_an_interrupt_at_the_end_leaves_no_run_open() -> None:
    """If ending one run is interrupted, the others still end, and the interrupt goes on."""

    class Interrupted(FakeTracker):
        @override
        def start(self, name: str, config: Mapping[str, object]) -> Run:
            return _Interrupted(name, config)

    class _Interrupted(FakeRun):
        @override
        def finish(self, *, succeeded: bool) -> None:
            raise KeyboardInterrupt

    before, after = FakeTracker(), FakeTracker()
    run = SeveralTracker([before, Interrupted(), after]).start("nightly", {})
    with pytest.raises(KeyboardInterrupt):
        run.finish(succeeded=True)
    assert [tracker.runs[0].succeeded for tracker in (before, after)] == [True, True]
