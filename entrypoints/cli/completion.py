"""`arxiv-classifier completion`."""

import click
from click.shell_completion import get_completion_class

from entrypoints.cli.group import Command


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash:  arxiv-classifier completion bash >> ~/.bashrc
    zsh:   arxiv-classifier completion zsh >> ~/.zshrc
    fish:  arxiv-classifier completion fish > ~/.config/fish/completions/arxiv-classifier.fish
    """
    root = context.find_root()
    name = root.info_name or root.command.name or ""
    completion_class = get_completion_class(shell)
    assert completion_class is not None  # click knows the choices above
    variable = f"_{name.replace('-', '_').upper()}_COMPLETE"
    click.echo(completion_class(root.command, {}, name, variable).source())
