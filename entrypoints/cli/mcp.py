"""`arxiv-classifier mcp`."""

from pathlib import Path

import click

from entrypoints.blas_threads import use_one_blas_thread
from entrypoints.cli.group import Command
from entrypoints.logs import configured
from entrypoints.registry import load


@click.command(cls=Command)
@click.option("--http", is_flag=True, help="Serve streamable HTTP in place of standard input and output.")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --http: the address to listen at.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8001, show_default=True, help="With --http: the port to listen at."
)
@click.option(
    "--model", metavar="PATH_OR_KIND", help="The default model: a kind, kind/version, path or registry:NAME@ALIAS."
)
@click.option("--index", type=click.Path(path_type=Path), help="An index of labelled papers; default: ARTIFACTS/index.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
def mcp(*, http: bool, host: str, port: int, model: str | None, index: Path | None, config: Path | None) -> None:
    """Serve tools for language-model agents (MCP) until stopped.

    The tools are classify, advise and similar. An agent's program starts this command and talks to it over standard
    input and output. docs/mcp.md has the lines to add to the agent's configuration.
    """
    use_one_blas_thread()
    settings = configured(config=config)
    # The server first: without the extra, the message about it comes before the model is read.
    server = "entrypoints.mcp.server"
    serve_http, serve_stdio = load(f"{server}:serve_http"), load(f"{server}:serve_stdio")
    tools = load("entrypoints.mcp.tools:Tools")(settings, index or settings.artifacts / "index", model)
    if http:
        serve_http(tools, host, port)
    else:
        serve_stdio(tools)
