"""The format of log lines: a chain of structlog's processors for the standard library's records."""

import logging
import os
import re
from collections.abc import Sequence
from typing import Any

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from application.runs.run_context import bound_fields
from entrypoints.log_secrets import Mask

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_FIRST = ("timestamp", "level", "event", "message")
_LONG = ("exception", "stack")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def formatter(*, as_json: bool, colors: bool) -> logging.Formatter:
    """Returns the formatter of all records, for people or as JSON."""
    return ProcessorFormatter(
        foreign_pre_chain=[_from_record, *_about_every_line(as_json=as_json)],
        processors=[ProcessorFormatter.remove_processors_meta, *_rendered(as_json=as_json, colors=colors)],
    )


def _about_every_line(*, as_json: bool) -> Sequence[Processor]:
    # Both are in UTC, like run ids. Django sets the time zone of its process to its own.
    time_format = "iso" if as_json else "%Y-%m-%d %H:%M:%SZ"
    return (
        structlog.contextvars.merge_contextvars,
        _with_bound_fields,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt=time_format, utc=True),
    )


def _rendered(*, as_json: bool, colors: bool) -> Sequence[Processor]:
    exceptions = structlog.processors.format_exc_info  # as text, without the values of variables
    mask = Mask(os.environ)
    if as_json:
        return exceptions, mask, _in_order, structlog.processors.JSONRenderer()
    console = ConsoleRenderer(
        event_key="message", sort_keys=False, colors=colors, pad_event_to=0, exception_formatter=plain_traceback
    )
    return exceptions, mask, _for_people, console


def _from_record(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Returns the fields of `extra`, with the record's own text as the sentence if it has one."""
    record: logging.LogRecord = event["_record"]
    fields = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    if "event" not in fields:
        fields = dict(event="library_message", logger=record.name)
    sentence = event["event"]
    return {**event, **fields, **({"message": sentence} if sentence else {})}


def _with_bound_fields(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {"pid": os.getpid(), **bound_fields(), **event}


def _in_order(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {**{name: event[name] for name in _FIRST if name in event}, **event}


def _for_people(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Returns the sentence, then the event's name and ids. Without a sentence, it is the name with all fields."""
    event.pop("pid")
    shown = {name: value if name in _LONG else _one_line(value) for name, value in event.items()}
    if "message" not in shown:
        return {"message": shown.pop("event"), **shown}
    whose = (*bound_fields(), *structlog.contextvars.get_contextvars())
    kept = ("timestamp", "level", "message", "event", "logger", *whose, *_LONG)
    return {name: shown[name] for name in kept if name in shown}


def _one_line(value: Any) -> Any:
    """Escapes line ends and control characters, so that a line stays one line and cannot control a terminal."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], value) if isinstance(value, str) else value
