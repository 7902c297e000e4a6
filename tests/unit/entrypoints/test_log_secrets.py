"""Secrets do not reach the log, whichever way they come."""

import io
import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.secrets import MASK, is_secret_name
from entrypoints import logs
from entrypoints.log_secrets import Mask

SECRET = "s3cr3t-Pa55w0rd-0123456789"


@pytest.mark.parametrize(
    "name",
    [
        "key", "api_key", "apiKey", "X-API-Key", "WANDB_API_KEY", "token", "access_token", "HF_TOKEN", "password",
        "PGPASSWORD", "MYSQL_PWD", "db_password_old",
        "secret", "client_secret", "SECRET_KEY", "Authorization", "credentials",
    ],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    """Fields and variables of these names hold secrets."""
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["tokens", "keys", "epoch", "max_length", "keyword", "model", "folder", "tokenizer"])
def test_names_of_other_things(name: str) -> None:
    """Fields of these names are shown."""
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://ann:{SECRET}@db.example/runs",
        f"cannot reach https://{SECRET}@host/path?x=1",
        f"mysql://ann:pa/ss@{SECRET}@db.example/runs",
        f"GET /?api_key={SECRET}&x=1",
        f"Authorization: Bearer {SECRET}",
        f"{{'Authorization': 'Basic {SECRET}'}}",
        f'{{"token": "{SECRET}"}}',
        f"X-API-Key: {SECRET}",
        f"sent bearer {SECRET}",
        f"password={SECRET}",
        f"WANDB_API_KEY={SECRET}",
        f"password='{SECRET}'",
    ],
)
def test_secrets_in_text_are_hidden(text: str) -> None:
    """In addresses, headers, queries and assignments inside of a text, the secret goes and the rest stays."""
    hidden = Mask({}).text(text)
    assert SECRET not in hidden and MASK in hidden


@pytest.mark.parametrize(
    "text",
    [
        "No WANDB_API_KEY: the run is recorded under runs. Upload it later with `wandb sync`.",
        "http://127.0.0.1:8000/api/v1/docs/",
        "12 of 12 training papers have more than 9 tokens. The rest of them is not learnt from.",
        "models/baseline/20260101T000000Z",
        "ann@example.org wrote of keys and tokens",
        "epoch 1  train_loss 0.6300",
    ],
)
def test_plain_text_stays(text: str) -> None:
    """Sentences that speak of keys, and addresses without a user, are left as they are."""
    assert Mask({"WANDB_API_KEY": SECRET}).text(text) == text


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), json_like, max_size=5))
def test_a_known_secret_is_nowhere(fields: dict[str, object]) -> None:
    """The value of a secret variable is in no line, however deep it is, and every line is strict JSON."""
    line = json.dumps(Mask({"DB_PASSWORD": SECRET})(None, "info", fields), allow_nan=False)
    assert SECRET not in line


def test_deep_and_endless_fields_are_cut() -> None:
    """A field that holds itself is written as far as it goes, and hides what it knows."""
    endless: dict[str, object] = {"password": SECRET, "text": f"https://a:{SECRET}@b/"}
    endless["self"] = endless
    assert SECRET not in json.dumps(Mask({"A_TOKEN": SECRET})(None, "info", {"field": endless}))


def test_a_short_value_is_no_secret() -> None:
    """A variable that holds a word everyone says does not blacken every line."""
    assert Mask({"SORT_KEY": "name"}).text("the name of a paper") == "the name of a paper"


def test_where_a_shell_is_is_no_secret() -> None:
    """PWD and OLDPWD are folders, and paths are shown."""
    text = "/home/ann/papers/train.parquet"
    assert Mask({"PWD": "/home/ann/papers", "OLDPWD": "/home/ann"}).text(text) == text


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_way_through_the_log(log_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the sentence, in fields, in the message of an exception: none of it is written."""
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)  # here and not in a fixture: pytest sets its own before a test begins
    monkeypatch.setenv("WANDB_API_KEY", SECRET)
    logs.set_up(log_format, "info")
    try:
        raise ConnectionError(f"https://ann:other-{SECRET[:6]}@tracker.example refused {SECRET}")
    except ConnectionError:
        fields = {"event": "tracker_failed", "options": {"password": "hunter2"}, "api_key": "abc"}
        logging.getLogger("application").exception("With %s it failed.", SECRET, extra=fields)
    logging.getLogger("somelibrary").warning("sent Authorization: Bearer %s", SECRET)
    written = stderr.getvalue()
    assert SECRET not in written and "hunter2" not in written and f"other-{SECRET[:6]}" not in written
    assert "ConnectionError" in written and "tracker_failed" in written
