"""Gunicorn's own messages, written as the others are."""

from typing import Any

import structlog
from gunicorn.glogging import Logger as GunicornLogger


class Logger(GunicornLogger):  # type: ignore[misc]  # gunicorn has no types
    """Sends what gunicorn says to structlog."""

    def setup(self, cfg: Any) -> None:
        """Nothing: entrypoints.rest.logs did it."""
        self._log = structlog.get_logger(__name__)

    def critical(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """A message of that level."""
        self._say("critical", msg, args, kwargs)

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """A message of that level."""
        self._say("error", msg, args, kwargs)

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """A message of that level."""
        self._say("warning", msg, args, kwargs)

    def info(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """A message of that level."""
        self._say("info", msg, args, kwargs)

    def debug(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Not written."""

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """An error with its traceback."""
        self._say("error", msg, args, {**kwargs, "exc_info": True})

    def reopen_files(self) -> None:
        """There are none."""

    def close_on_exec(self) -> None:
        """There are none."""

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Not here: the application writes a line for each request."""

    def _say(self, level: str, msg: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        text = msg % args if args else msg
        extra = {"exc_info": True} if kwargs.get("exc_info") else {}
        getattr(self._log, level)(event="server_message", message=text, **extra)
