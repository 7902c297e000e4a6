"""The API key that the web page beside a server sends."""

from domain.errors import ConfigurationError
from entrypoints.rest.http.access import ApiKeys
from entrypoints.rest.options import ApiOptions

_REMEDY = "Set API_KEY to one of the keys, without its hash; `arxiv-classifier serve --new-key` makes one."


def check_page_key(options: ApiOptions, key: str) -> None:
    """Raises ConfigurationError if the API requires keys and the page has no key or an unknown one."""
    keys = ApiKeys(options)
    if keys.open or (key and keys.admits(key)):
        return
    seen = "API_KEY holds a key that is not among them" if key else "API_KEY is not set"
    raise ConfigurationError(f"The API asks for keys, and {seen}, so the web page could not ask the API. {_REMEDY}")
