"""The fake classifier in a process that stops in the middle of a training, where a test may kill it."""

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count

from typing_extensions import override

from domain.labelled_abstract import LabelledAbstract
from domain.ports.classifier import Epoch, FitSession, TrainableClassifier
from domain.taxonomy import Taxonomy
from tests.fakes.classifier import FakeClassifier, FakeFamily, FakeOptions

STOPS_IN = "FAKE_STOPS_IN"
_TRAININGS = count(1)


class StoppingClassifier(FakeClassifier):
    """Stops its process with SIGSTOP after the second epoch of the training that FAKE_STOPS_IN counts to."""

    @override
    def fit(
        self, training: Sequence[LabelledAbstract], validation: Sequence[LabelledAbstract], session: FitSession
    ) -> None:
        stops = next(_TRAININGS) == int(os.environ[STOPS_IN])

        def on_epoch(epoch: Epoch) -> None:
            session.on_epoch(epoch)
            if stops and epoch.number == 2:
                os.kill(os.getpid(), signal.SIGSTOP)

        super().fit(training, validation, replace(session, on_epoch=on_epoch))


class StoppingFamily(FakeFamily):
    """The family of StoppingClassifier."""

    @override
    def trainable(self, taxonomy: Taxonomy, options: Mapping[str, object]) -> TrainableClassifier:
        return StoppingClassifier(taxonomy, FakeOptions(**self.effective_options(options)))  # type: ignore[arg-type]  # the effective ones are of its types
