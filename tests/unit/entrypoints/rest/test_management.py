"""The commands that `arxiv-classifier manage` offers, and those that it refuses."""

from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from entrypoints.rest.management import COMMANDS, manage


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"], ["-h"]])
def test_help_lists_what_is_offered(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Help names the commands of the list and no other of Django's."""
    manage(arguments)
    said = capsys.readouterr().out
    listed = [line.split()[0] for line in said.splitlines() if line.startswith("  ")]
    assert listed == list(COMMANDS) == ["check", "migrate", "showmigrations", "runserver", "spectacular"]


@pytest.mark.parametrize("name", ["flush", "dbshell", "shell", "loaddata", "sqlflush", "testserver", "dumpdata"])
@pytest.mark.parametrize("before", [[], ["help"]])
def test_other_commands_of_django_are_refused(name: str, before: list[str]) -> None:
    """A command that is not offered ends in a sentence with those that are."""
    with pytest.raises(ConfigurationError, match=f"has no command '{name}'. Its commands are check, migrate"):
        manage([*before, name])


@pytest.mark.parametrize("arguments", [["feedback"], ["feedback", "zero"], ["--noinput", "feedback", "zero"]])
def test_a_migration_goes_forward_only(environment: None, arguments: list[str]) -> None:
    """`migrate` takes no app, so that no call of it deletes a table."""
    with pytest.raises(ConfigurationError, match="Leave out 'feedback'"):
        manage(["migrate", *arguments])


@pytest.mark.parametrize("option", ["--fake", "--fake-initial", "--prune", "--run-syncdb"])
def test_a_migration_does_what_it_notes(environment: None, option: str) -> None:
    """`migrate` takes no option that notes a table without making it, or the other way round."""
    with pytest.raises(ConfigurationError, match=f"{option} would do"):
        manage(["migrate", option])


@pytest.mark.parametrize("option", ["--database=nosuch", "--nosuch"])
def test_a_migration_with_a_wrong_option(environment: None, option: str) -> None:
    """`migrate` refuses an option or a value that it does not know in one sentence."""
    with pytest.raises(ConfigurationError, match=r"does not take these options: .*nosuch.* help migrate` lists"):
        manage(["migrate", option])


def test_the_options_of_a_command(environment: None, capsys: pytest.CaptureFixture[str]) -> None:
    """`help COMMAND` prints Django's own help of the command."""
    with pytest.raises(SystemExit) as ended:
        manage(["help", "check"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: arxiv-classifier manage check")


def test_the_openapi_document(environment: None, tmp_path: Path) -> None:
    """`spectacular` writes the document of this API, without a warning."""
    manage(["spectacular", "--file", str(tmp_path / "api.yaml"), "--fail-on-warn"])
    assert "/api/v1/predict/:" in (tmp_path / "api.yaml").read_text("utf-8")
