"""Serves the tools over the Model Context Protocol, with the protocol's SDK."""

import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import getdoc
from typing import ParamSpec, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from domain.errors import ArxivClassifierError, ConfigurationError
from domain.log_events import log_event
from entrypoints.mcp.tools import Tools, described
from entrypoints.version import program_version

_logger = logging.getLogger(__name__)
_P = ParamSpec("_P")
_R = TypeVar("_R")
_HINTS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_ABOUT = (
    "Tools that classify papers by arXiv's categories. `advise` answers which categories an author should file a paper "
    "under, `classify` gives the probability of each category, and `similar` finds labelled papers like one. Send "
    "the whole abstract in English; a title improves the answer. Each call reads one paper. Models, the default first:"
)


def serve_stdio(tools: Tools) -> None:
    """Serves one agent over standard input and output, until it closes them or the process is stopped."""
    server = server_of(tools)
    with _ending_at_once():
        server.run("stdio")


def serve_http(tools: Tools, host: str, port: int) -> None:
    """Serves agents over streamable HTTP at `/mcp` until the process is stopped.

    Raises ConfigurationError if the address cannot be listened at.
    """
    import uvicorn

    app = server_of(tools).streamable_http_app(host=host, stateless_http=True)
    with _listening(host, port) as listening:
        shown = f"[{host}]" if ":" in host else host
        log_event(
            _logger,
            "mcp_started",
            f"Agents reach the tools at http://{shown}:{port}/mcp. Stop it with Ctrl+C.",
            host=host,
            port=port,
        )
        uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listening])


def server_of(tools: Tools) -> "MCPServer[object]":
    """Returns the server of the tools."""
    instructions = "\n".join([_ABOUT, *described(tools.models())])
    server: MCPServer[object] = MCPServer(
        "arxiv-classifier", version=program_version(), instructions=instructions, log_level="WARNING"
    )
    for tool in (tools.classify, tools.advise, tools.similar):
        server.add_tool(_told(tool), description=getdoc(tool), annotations=_HINTS)
    return server


def _told(tool: Callable[_P, _R]) -> Callable[_P, _R]:
    """Passes the sentence of one of our errors to an agent. The SDK logs any other error and hides its text."""

    @wraps(tool)
    def answered(*args: _P.args, **options: _P.kwargs) -> _R:
        try:
            return tool(*args, **options)
        except ArxivClassifierError as error:
            raise ToolError(str(error)) from error

    return answered


@contextmanager
def _ending_at_once() -> Iterator[None]:
    """Lets SIGTERM and Ctrl+C end the process. An exception would wait for the thread that reads standard input."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigurationError(f"{host}:{port} cannot be listened at. Name another with --host or --port.") from error
