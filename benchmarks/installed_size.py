"""How much disk space programs take when they are installed, with all that they require."""

import json
import subprocess
from collections.abc import Sequence

# Prints the bytes of the named distributions and of what these require in the environment that runs it.
_MEASURE = """
import json, re, sys
from importlib.metadata import PackageNotFoundError, distribution
seen, waiting, total = set(), sys.argv[1:], 0
while waiting:
    name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
    if name in seen:
        continue
    seen.add(name)
    try:
        found = distribution(name)
    except PackageNotFoundError:
        continue
    for path in found.files or ():
        try:
            total += path.locate().stat().st_size
        except OSError:
            pass
    for requirement in found.requires or ():
        if "extra ==" not in requirement:
            waiting.append(re.match(r"[A-Za-z0-9._-]+", requirement).group())
print(json.dumps(total))
"""


def megabytes_of(distributions: Sequence[str], python: str) -> float:
    """Megabytes of the distributions and of what they require, as the environment of that Python has them."""
    done = subprocess.run([python, "-c", _MEASURE, *distributions], check=True, capture_output=True)
    return round(float(json.loads(done.stdout)) / 1e6, 1)
