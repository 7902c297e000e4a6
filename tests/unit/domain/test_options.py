"""Reading options from plain mappings."""

from dataclasses import dataclass

import pytest

from domain.errors import ConfigurationError
from domain.options import read_options


@dataclass(frozen=True, slots=True)
class Options:
    """Options of an adapter that does not exist."""

    hidden_units: int = 8
    dropout: float = 0.1


def test_defaults_fill_what_is_not_given() -> None:
    """A key that is left out keeps its default."""
    assert read_options(Options, {"dropout": 0.5}, where="model") == Options(8, 0.5)


def test_unknown_option_names_the_nearest() -> None:
    """A misspelt key is answered with the key that was probably meant, and where."""
    with pytest.raises(ConfigurationError, match=r"model has no option 'hiden_units'\. Did you mean 'hidden_units'\?"):
        read_options(Options, {"hiden_units": 3}, where="model")


@pytest.mark.parametrize("key", ["hidden_layers", "zzz"])
def test_option_like_no_other_lists_all(key: str) -> None:
    """A key that misspells none is answered with every known one."""
    with pytest.raises(ConfigurationError, match=r"Known are dropout, hidden_units\."):
        read_options(Options, {key: 3}, where="model")


def test_key_that_is_no_text_is_an_unknown_option() -> None:
    """A YAML key such as 1 is reported like any other unknown one."""
    with pytest.raises(ConfigurationError, match="has no option 1"):
        read_options(Options, {1: 3}, where="model")  # type: ignore[dict-item]  # YAML has keys that are no strings
