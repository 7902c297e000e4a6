"""Who sends a request."""

from django.http import HttpRequest


def key_of(request: HttpRequest) -> str:
    """The API key that a request brings, known or not; empty where it brings none."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return str(key.strip() if scheme.lower() == "bearer" else request.headers.get("X-API-Key", ""))


def client_of(request: HttpRequest, *, proxy: bool) -> str:
    """The address that a request comes from, which a proxy in front says where there is one."""
    if proxy:
        # The proxy adds the last entry; those before it are whatever the client said.
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return str(forwarded)
    return str(request.META.get("REMOTE_ADDR", ""))
