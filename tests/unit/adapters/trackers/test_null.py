"""The null tracker's options."""

from pathlib import Path

import pytest

from adapters.trackers.null import NullTracker, build
from domain.errors import ConfigurationError


def test_has_no_options(tmp_path: Path) -> None:
    """It is built from no options, and any option is an error."""
    assert isinstance(build({}, tmp_path), NullTracker)
    with pytest.raises(ConfigurationError, match="Tracker null has no option 'mode'"):
        build({"mode": "offline"}, tmp_path)
