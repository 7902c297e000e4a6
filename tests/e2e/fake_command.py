"""The command line with the kind `fake`, which learns in milliseconds: `python -m tests.e2e.fake_command ...`."""

import os
import sys

from entrypoints.cli.main import main
from entrypoints.registry import CLASSIFIERS

if __name__ == "__main__":
    stops = "FAKE_STOPS_IN" in os.environ
    CLASSIFIERS["fake"] = f"tests.fakes.{'stopping_classifier:Stopping' if stops else 'classifier:Fake'}Family"
    sys.exit(main(program=(sys.executable, "-P", "-m", "tests.e2e.fake_command")))
