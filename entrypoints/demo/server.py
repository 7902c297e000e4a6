"""Starts the page."""

import logging
import os
import time
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from domain.errors import ConfigurationError
from domain.log_events import log_event
from domain.ports.dataset import OnBadRecord
from entrypoints.container import container_of
from entrypoints.demo.backend import Backend
from entrypoints.demo.fetching import fetching
from entrypoints.demo.in_process import InProcess
from entrypoints.demo.style import STYLE
from entrypoints.demo.through_api import ConnectionLostError, ThroughApi
from entrypoints.logs import set_up
from entrypoints.settings import Settings, load_settings

_logger = logging.getLogger(__name__)
_PATIENCE = 60.0
_LARGEST = "200mb"  # an uploaded file
# Nothing is sent to anyone; read by gradio when it is imported.
_QUIET = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1", "GRADIO_SSR_MODE": "False"}


@dataclass(frozen=True, slots=True)
class DemoCommand:
    """The address to listen at. `api_url` is the API to use; if it is empty, models are loaded in this process."""

    host: str
    port: int
    api_url: str = ""
    index: Path | None = None


def demo(command: DemoCommand) -> None:
    """Serves the page until stopped. Raises ConfigurationError if the address cannot be listened at."""
    settings = load_settings()
    set_up(settings.log_format, settings.log_level, service=True)
    log_event(
        _logger,
        "page_starting",
        f"The page is at http://{command.host}:{command.port} in some seconds. Stop it with Ctrl+C.",
        host=command.host,
        port=command.port,
    )
    page = page_of(command, settings)
    where = {"server_name": command.host, "server_port": command.port}
    quiet = {"quiet": True, "show_error": False, "share": False, "inbrowser": False, "footer_links": []}
    try:
        page.launch(**where, **quiet, max_file_size=_LARGEST, **looks())
    except OSError as error:
        raise ConfigurationError(
            f"{command.host}:{command.port} cannot be listened at. Name another with --host or --port."
        ) from error


def looks() -> dict[str, Any]:
    """Returns theme, style and script, which Gradio takes when it starts."""
    from entrypoints.demo.app import theme

    script = resources.files("entrypoints.demo").joinpath("page.js").read_text("utf-8")
    return {"theme": theme(), "css": STYLE, "head": f"<script>{script}</script>"}


def _wait_for(backend: Backend) -> None:
    """Waits until an API that was started together with the page answers."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            backend.models()
            return
        except ConnectionLostError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def page_of(command: DemoCommand, settings: Settings) -> Any:
    """Returns the page over the backend that the command names."""
    os.environ.update(_QUIET)
    from entrypoints.demo.app import build

    backend: Backend
    if command.api_url:
        backend = ThroughApi(command.api_url, key=os.environ.get("API_KEY", ""))
        _wait_for(backend)
    else:
        backend = InProcess(settings, index=command.index)
    container = container_of(settings)

    def read(path: Path, on_bad_record: OnBadRecord) -> Any:
        return container.abstracts(path, format=None, on_bad_record=on_bad_record)

    return build(backend, read, fetching(container.paper_lookup()) if settings.demo_arxiv else None)
