"""Secrets by name, by value and in addresses are masked, and everything else is unchanged."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.secrets import MASK, Redactor, is_secret_name

SECRET = "s3cr3t-0123456789"


@pytest.mark.parametrize(
    "name",
    ["key", "api_key", "WANDB_API_KEY", "accessToken", "hub-token", "DB_PASSWORD", "client.secret", "credentials"],
)
def test_names_of_secrets(name: str) -> None:
    """A name that ends in key, token, password, secret or credentials is a secret's, in any spelling."""
    assert is_secret_name(name)
    assert Redactor().mapping({name: SECRET, "nested": [{name: SECRET}]}) == {name: MASK, "nested": [{name: MASK}]}


@pytest.mark.parametrize("name", ["tokens", "max_tokens", "keyboard", "epochs", "secretary", "kind"])
def test_names_of_other_things(name: str) -> None:
    """A name that only holds such a word is none."""
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"http://user:{SECRET}@host:5000/x", "http://***@host:5000/x"),
        (f"postgresql+psycopg://u:p:{SECRET}@w@host/db failed", "postgresql+psycopg://***@host/db failed"),
        (f"https://{SECRET}@host", "https://***@host"),
        (f"GET https://host/a?x=1&access_token={SECRET}&y=2", "GET https://host/a?x=1&access_token=***&y=2"),
        ("mail me@example.org about http://host/a@b", "mail me@example.org about http://host/a@b"),
        ("sqlite:////srv/runs/mlflow.db", "sqlite:////srv/runs/mlflow.db"),
    ],
)
def test_secrets_in_addresses(text: str, clean: str) -> None:
    """Users, passwords and tokens of an address go, and the address can still be recognised."""
    assert Redactor().text(text) == clean


def test_values_of_the_environment() -> None:
    """The value of a variable that is named like a secret is masked wherever it stands; short ones are left."""
    redactor = Redactor.of_environment({"X_TOKEN": SECRET, "Y_TOKEN": f"{SECRET}99", "SORT_KEY": "true", "HOME": "/h"})
    assert redactor.text(f"a {SECRET}99, b {SECRET}, true /h") == "a ***, b ***, true /h"
    assert redactor.mapping({"note": [f"<{SECRET}>", 1], SECRET: 2}) == {"note": ["<***>", 1], MASK: 2}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abc :/@", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab_k", max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["note", "api_key", "url", "list"]), JSON), st.text("xyz", max_size=3))
def test_a_known_secret_never_gets_through(config: dict[str, object], around: str) -> None:
    """However deep a known secret stands, it is not in what comes out; and what comes out is clean already."""
    redactor = Redactor(frozenset({SECRET}))
    planted = {**config, "deep": [{"text": f"{around}{SECRET}{around}", "url": f"http://u:{SECRET}@host"}]}
    cleaned = redactor.mapping(planted)
    assert SECRET not in json.dumps(cleaned)
    assert redactor.mapping(cleaned) == cleaned


def test_what_is_not_set_is_no_secret() -> None:
    """A key without a value stays without one, so that a record tells it from one that is set."""
    assert Redactor().mapping({"api_key": None}) == {"api_key": None}
