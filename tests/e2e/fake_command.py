"""The command line with the kind `fake`, which learns in milliseconds: `python -m tests.e2e.fake_command ...`."""

import sys

from entrypoints.cli.main import main
from entrypoints.registry import CLASSIFIERS

if __name__ == "__main__":
    CLASSIFIERS["fake"] = "tests.fakes.classifier:FakeFamily"
    sys.exit(main(program=(sys.executable, "-P", "-m", "tests.e2e.fake_command")))
