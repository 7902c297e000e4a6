"""Takes and leaves a journal's lock while alarms interrupt it; run as a module with the journal's folder.

A process of its own: what measures coverage has locks too, which an interrupt may leave, and pytest's timeout needs
the alarm.
"""

import random
import signal
import sys
from pathlib import Path
from types import FrameType

import optuna

from adapters.sweepers.journal import JournalTrialStorage


def main(folder: Path) -> None:
    """Exits with an error where not every interrupt was survived, and waits for itself for ever where a lock stayed."""
    signal.signal(signal.SIGALRM, _interrupt)
    chance, trial_storage = random.Random(5), JournalTrialStorage(folder / "journal.log")
    study = optuna.create_study(storage=trial_storage.storage)
    interrupted = 0
    for number in range(600):
        try:
            signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.00001, 0.001))
            for _ in range(20):
                with trial_storage.alone():
                    study.set_user_attr("number", number)
        except KeyboardInterrupt:
            interrupted += 1
            with trial_storage.alone():
                study.set_user_attr("interrupted", interrupted)
        signal.setitimer(signal.ITIMER_REAL, 0)
    assert interrupted > 300
    assert study.user_attrs["interrupted"] == interrupted
    trial_storage.close()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(Path(sys.argv[1]))
