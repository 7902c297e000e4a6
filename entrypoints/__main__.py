"""`python -m entrypoints`: the command line without its installed script."""

import sys

from entrypoints.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
