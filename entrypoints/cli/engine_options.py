"""The options that name an engine."""

import click

LOCAL = "local"
ENGINE_OPTIONS = (
    click.option(
        "--engine",
        type=click.Choice([LOCAL, "ray"]),
        default=LOCAL,
        show_default=True,
        help="Where the work is done: on this machine, or on a Ray cluster (extra ray).",
    ),
    click.option(
        "--ray-address",
        metavar="ADDRESS",
        help="The Ray cluster, such as auto or ray://HOST:10001. Default: RAY_ADDRESS, else a new one on this machine.",
    ),
)
