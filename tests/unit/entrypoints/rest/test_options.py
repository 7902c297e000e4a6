"""Options of the API: bad ones are named with what would do."""

from collections.abc import Callable

import pytest

from domain.errors import ConfigurationError
from entrypoints.rest.options import ApiOptions, api_options, requests_and_seconds


@pytest.mark.parametrize(
    "values",
    [
        {"max_abstracts": 0}, {"max_abstracts": True}, {"max_body_bytes": "8"}, {"time_limit": 0}, {"rate": "fast"},
        {"keys": ["secret"]}, {"keys": 3}, {"production": "yes"}, {"allowed_hosts": [1]},
    ],
)  # fmt: skip
def test_bad_options_are_refused(values: dict[str, object]) -> None:
    """The error names the option, and not what may be secret."""
    with pytest.raises(ConfigurationError, match=next(iter(values))) as caught:
        api_options(values)
    assert "secret'" not in str(caught.value)


@pytest.mark.parametrize("rate", [600, "600", "600/day", True])
def test_a_bad_rate_is_answered_with_a_good_one(rate: object) -> None:
    """A rate without a time, which is a number in YAML and in the environment, is answered with an example."""
    with pytest.raises(ConfigurationError, match="It has to be like 600/minute"):
        api_options({"rate": rate})


@pytest.mark.parametrize("host", ["https://a.org", "a.org:8443", "a.org b.org", "a.org/api"])
def test_a_host_is_a_name_alone(host: str) -> None:
    """A host with a scheme, port, path or space would match no request, so it is refused."""
    with pytest.raises(ConfigurationError, match="without scheme and port"):
        ApiOptions(allowed_hosts=("localhost", host))


@pytest.mark.parametrize("host", ["*", ".a.org", "a.org", "10.1.2.3", "[::1]", "my_api-1", "bücher.example"])
def test_hosts(host: str) -> None:
    """A host is a name, an address, a domain with all below it, or every host."""
    assert ApiOptions(allowed_hosts=(host,)).allowed_hosts == (host,)


def test_a_server_reads_its_configuration_once(environment: None, options: Callable[..., None]) -> None:
    """Django's settings and the state of requests share the same settings and options."""
    from entrypoints.rest.configuration import configuration
    from entrypoints.rest.state import state

    options(max_abstracts=7)
    assert (state().options, state().settings) == (configuration().options, configuration().settings)
    assert state().options is configuration().options
    assert state().options.max_abstracts == 7
    assert configuration.cache_info().misses == 1


def test_the_experiment_is_read_once() -> None:
    """The variants are checked with the other options, and asking for them again reads nothing."""
    read = api_options({"variants": {"a": {"model": "m"}}})
    assert read.plan is not None
    assert read.plan is read.plan


def test_unknown_options_are_refused() -> None:
    """The error of an unknown option names the nearest known one."""
    with pytest.raises(ConfigurationError, match="Did you mean 'max_abstracts'"):
        api_options({"max_abstract": 3})


def test_production_wants_a_secret() -> None:
    """In production a secret key of fifty characters is demanded, and never shown."""
    with pytest.raises(ConfigurationError, match="ARXIV_CLASSIFIER_API__SECRET_KEY") as caught:
        ApiOptions(production=True, secret_key="short-and-secret")
    assert "short-and-secret" not in str(caught.value)
    assert ApiOptions(production=True, secret_key="x" * 50).production


def test_lists_may_be_written_with_commas() -> None:
    """The environment may give a list as text."""
    assert api_options({"allowed_hosts": "a.org, b.org"}).allowed_hosts == ("a.org", "b.org")


@pytest.mark.parametrize(("rate", "found"), [("", (0, 1)), ("600/minute", (600, 60)), ("5/second", (5, 1))])
def test_rates(rate: str, found: tuple[int, int]) -> None:
    """A rate is a number of requests in a number of seconds."""
    assert requests_and_seconds(ApiOptions(rate=rate).rate) == found
