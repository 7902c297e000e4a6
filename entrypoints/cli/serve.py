"""`arxiv-classifier serve` and `arxiv-classifier manage`."""

import os
import secrets
from contextlib import nullcontext

import click

from entrypoints.blas_threads import use_one_blas_thread
from entrypoints.cli.config_option import config_option
from entrypoints.cli.group import Command
from entrypoints.cli.page_process import page
from entrypoints.registry import load
from entrypoints.settings import Settings


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="The port to listen at.")
@click.option(
    "--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Number of processes that answer."
)
@click.option("--model", metavar="PATH_OR_KIND", help="A kind, kind/version, path or registry:NAME@ALIAS.")
@config_option
@click.option("--demo", is_flag=True, help="Serve the web page too.")
@click.option(
    "--demo-port", type=click.IntRange(1, 65535), default=7860, show_default=True, help="The web page's port."
)
@click.option("--new-key", is_flag=True, help="Print a new API key with its hash, and stop.")
def serve(*, host: str, port: int, workers: int, model: str | None, demo: bool, demo_port: int, new_key: bool) -> None:
    """Serve the REST API until stopped. Its pages are at /api/v1/docs/.

    Settings come from the environment, --config and configs/base.yaml. docs/configuration.md lists them. SIGTERM
    finishes the active requests and stops. SIGHUP loads changed models and starts new processes.
    """
    if new_key:
        _print_key()
        return
    use_one_blas_thread()
    if model is not None:
        os.environ["MODEL_PATH"] = model
        os.environ.pop("MODEL_TYPE", None)  # a flag overrides the environment
    configuration = load("entrypoints.rest.configuration:configuration")()
    if demo:
        load("entrypoints.rest.page_key:check_page_key")(configuration.options, os.environ.get("API_KEY", ""))
    _check_models(configuration.settings, configuration.options)
    command = load("entrypoints.rest.server:ServeCommand")(host, port, workers)
    load("entrypoints.rest.server:serve")(command, page(host, port, demo_port) if demo else nullcontext())


def _check_models(settings: Settings, options: object) -> None:
    from entrypoints.container import container_of

    check = load("entrypoints.rest.models.first_models:check_models")
    check(settings, options, container_of(settings).model_store())


def _print_key() -> None:
    key = secrets.token_urlsafe(32)
    click.echo(f"key:  {key}")
    click.echo(f"hash: {load('entrypoints.rest.http.access:hashed')(key)}")
    click.echo("Give the key to the client, and the hash to ARXIV_CLASSIFIER_API__KEYS or keys_file.", err=True)


@click.command(
    cls=Command, context_settings={"ignore_unknown_options": True, "help_option_names": [], "allow_extra_args": True}
)
@config_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(*, arguments: tuple[str, ...]) -> None:
    """Check the API's settings, migrate its database or run a test server."""
    from entrypoints.logs import configured

    configured()
    load("entrypoints.rest.management:manage")(list(arguments))
