"""Addresses of files on other machines."""

import re

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)  # a letter before a colon is a drive of Windows


def is_address(text: str) -> bool:
    """Returns whether a text is an address such as s3://bucket/papers/, and no path."""
    return _ADDRESS.match(text) is not None
