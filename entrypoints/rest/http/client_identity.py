"""The client that sends a request."""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.http import HttpRequest

_WITH_PORT = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<v4>[\d.]+))(?::\d{1,5})?")
_SITE = 64  # prefix length of the IPv6 network of one client, which may use any address in it


def key_of(request: HttpRequest) -> str:
    """Returns the API key in a request, known or not; empty if there is none."""
    scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    bearer = key.strip() if scheme.lower() == "bearer" else ""
    return str(bearer or request.META.get("HTTP_X_API_KEY", ""))


def client_of(request: HttpRequest, *, proxies: int) -> str:
    """Returns the address of the client, as the outermost of this number of trusted proxies saw it.

    Each proxy appends the address that it saw to X-Forwarded-For, so the entry is counted from the end. The client may
    write any entries before it. Without a valid entry there, the address is that of the connection.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    entries = [entry for entry in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if entry.strip()]
    if proxies and entries:
        seen = _address(entries[-min(proxies, len(entries))])
        if seen is not None:
            return str(seen)
    own = _address(peer)
    return peer if own is None else str(own)


def rate_key_of(client: str) -> str:
    """Returns the key under which requests of one client are counted: its address, or its IPv6 network of 64 bits."""
    address = _address(client)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _SITE), strict=False))
    return client


@lru_cache(1 << 12)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Returns an address without port, brackets or zone. An IPv4 address written as IPv6 becomes IPv4."""
    written = text.strip().strip('"')
    match = _WITH_PORT.fullmatch(written)
    try:
        found = ip_address((match["v6"] or match["v4"] if match else written).partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
