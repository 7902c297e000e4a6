"""DEBUG in the environment. Other programs use this name too, with values such as DEBUG=release."""

import os

_ON = frozenset({"1", "true", "yes", "on", "t", "y"})
_OFF = frozenset({"0", "false", "no", "off", "f", "n", ""})


def debug_is_on() -> bool:
    """Returns whether DEBUG is set to a boolean that is true."""
    return _value() in _ON


def is_boolean(value: str) -> bool:
    """Returns whether a value of DEBUG is a boolean. Other values count as off."""
    return value.strip().lower() in _ON | _OFF


def warn_of_debug() -> None:
    """Warns once if DEBUG is no boolean, for this process and those that it starts."""
    found = os.environ.get("DEBUG", "")
    if is_boolean(found):
        return
    import logging

    from domain.log_events import log_event

    sentence = f"DEBUG is {found!r}, which is no boolean, and counts as off. Set it to 1 or 0, or unset it."
    log_event(logging.getLogger(__name__), "debug_not_read", sentence, level=logging.WARNING, value=found)
    os.environ["DEBUG"] = "0"


def _value() -> str:
    return os.environ.get("DEBUG", "").strip().lower()
