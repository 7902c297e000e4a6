"""`arxiv-classifier demo`."""

import os
from pathlib import Path

import click

from entrypoints.blas_threads import use_one_blas_thread
from entrypoints.cli.group import Command
from entrypoints.registry import load


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(1, 65535), default=7860, show_default=True, help="The port to listen at.")
@click.option(
    "--model",
    metavar="PATH_OR_KIND",
    help="The first model: a kind, kind/version, path or registry:NAME@ALIAS.",
)
@click.option("--index", type=click.Path(path_type=Path), help="A folder that `index` wrote, for similar papers.")
def demo(*, host: str, port: int, model: str | None, index: Path | None) -> None:
    """Serve the web page until stopped.

    It loads the models itself. If API_URL is set, it uses the API at that address, with the key in API_KEY.
    """
    use_one_blas_thread()
    if model is not None:
        os.environ["MODEL_PATH"] = model
        os.environ.pop("MODEL_TYPE", None)  # a flag overrides the environment
    command = load("entrypoints.demo.server:DemoCommand")(host, port, os.environ.get("API_URL", ""), index)
    load("entrypoints.demo.server:demo")(command)
