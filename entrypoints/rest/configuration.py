"""The configuration of a server: the settings and the options of its API."""

from dataclasses import dataclass
from functools import cache

from entrypoints.rest.options import ApiOptions, api_options
from entrypoints.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class Configuration:
    """The effective settings, and the options that the setting `api` holds."""

    settings: Settings
    options: ApiOptions


@cache
def configuration() -> Configuration:
    """Returns the configuration of this process, which is read once.

    Raises ConfigurationError for a setting or option that is unknown or wrong.
    """
    settings = load_settings()
    return Configuration(settings, api_options(settings.api))
