"""The references of the documentation are made from the code."""

from dataclasses import dataclass

import click
import pytest

from entrypoints.cli.main import COMMANDS
from entrypoints.rest.options import ApiOptions
from entrypoints.settings_fields import NAMES
from scripts.reference.commands import commands, leaves, options_of
from scripts.reference.markdown import cell, table
from scripts.reference.settings import all_settings, api_options, arxiv_options, descriptions, model_options


def test_every_command_has_a_section() -> None:
    """Each command of the program has a section, and commands of groups have one each."""
    text = commands()
    assert [name for name in COMMANDS if f"\n## {name}" not in f"\n{text}"] == []
    assert "\n## models promote\n" in text and "\n## data harvest\n" in text


def test_a_section_has_the_commands_options() -> None:
    """A command's section has its arguments, its options with their values, and their help; --help is left out."""

    @click.group()
    def program() -> None:
        """A program."""

    @program.command()
    @click.argument("paper")
    @click.option("--level", "-l", type=int, default=3, show_default=True, help="How far.")
    def dig(**_: object) -> None:
        """Dig."""

    (context,) = leaves(click.Context(program, info_name="p"))
    assert context.command_path == "p dig"
    assert [each.name for each in options_of(context)] == ["paper", "level"]


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_has_a_row(name: str) -> None:
    """Each setting has a row with its variable and its meaning."""
    (row,) = (line for line in all_settings().splitlines() if line.startswith(f"| `{name}` |"))
    assert row.strip("| ").count(" | ") == 5 and row.rstrip(" |").endswith(".")


def test_a_setting_shows_values_default_variable_and_flags() -> None:
    """A row has what pydantic-settings allows, the default, the variable and the flags of all commands."""
    rows = {line.split("`")[1]: line for line in all_settings().splitlines()[2:]}
    assert "| whole number from 0 | `0` | `ARXIV_CLASSIFIER_SEED` | `--seed` |" in rows["seed"]
    assert "`auto`, `console`, `json`" in rows["log_format"]
    assert "`MODEL_TYPE` | `--model-type` |" in rows["kind"]


def test_options_are_described() -> None:
    """The options of the API, of arXiv and of the baseline have a row each, with default and meaning."""
    assert "| `max_abstracts` | `128` | The most abstracts of one request. |" in api_options()
    assert len(api_options().splitlines()) == 2 + len(descriptions(ApiOptions))
    assert "| `pause_seconds` | `3.0` |" in arxiv_options()
    assert "| `stemming` | `none` | none, porter, snowball or lancaster |" in model_options("baseline")


def test_an_option_without_a_description_is_an_error() -> None:
    """A field that has no text under it is named."""

    @dataclass(frozen=True)
    class Options:
        """Some."""

        told: int = 1
        """Something."""
        untold: int = 2

    with pytest.raises(ValueError, match="does not describe untold"):
        descriptions(Options)


def test_cells_hold_bars_and_tags() -> None:
    """A bar and a tag in a cell stay text. In code they stay as they are."""
    assert cell("a|b <i> `c|<d>`\n e") == "a\\|b &lt;i> `c|<d>` e"
    assert table(("x", "y"), [("1", "2")]) == "| x | y |\n| --- | --- |\n| 1 | 2 |"
