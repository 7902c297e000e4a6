"""One event name for each thing that is logged: the code and docs/logging.md name the same ones."""

import ast
import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.sources import sources

_METHODS = frozenset(
    f"_logger.{name}" for name in ("debug", "info", "warning", "error", "exception", "critical", "log")
)
_RESERVED = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "timestamp",
    "level",
    "pid",
    "exception",
}
_NAME = re.compile(r"[a-z]+(_[a-z]+)+")
# Hand on what others log: their events are named where they are told.
_CARRIERS = frozenset({"entrypoints/cli/messages.py"})
_ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


@cache
def parsed(code: str) -> ast.Module:
    """A module's tree, parsed once for all tests."""
    return ast.parse(code)


@cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Every node of a tree, found once for all tests."""
    return tuple(ast.walk(tree))


def dotted(node: ast.AST) -> str:
    """The name that an expression spells, as `logging.basicConfig`; empty for any other expression."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def logger_calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call of a method of `_logger` that logs."""
    for node in nodes(tree):
        if isinstance(node, ast.Call) and dotted(node.func) in _METHODS:
            yield node


def event_fields(tree: ast.AST) -> Iterator[ast.Dict]:
    """Every mapping that names an event: what is given as `extra`."""
    for node in nodes(tree):
        if isinstance(node, ast.Dict) and any(isinstance(k, ast.Constant) and k.value == "event" for k in node.keys):
            yield node


def events(code: str) -> set[str]:
    """The names of events that a module logs."""
    tree = parsed(code)
    of_structlog = "structlog.get_logger" in code
    found = [_value(fields, "event") for fields in event_fields(tree)]
    if of_structlog:
        found += [call.args[0] for call in logger_calls(tree) if call.args]
    found += [
        keyword.value
        for node in nodes(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "event"
    ]
    return {node.value for node in found if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def mistakes(code: str) -> Iterator[str]:
    """What of a module does not follow docs/logging.md."""
    tree = parsed(code)
    for name in sorted(events(code)):
        if not _NAME.fullmatch(name):
            yield f"the event {name!r} is not two or more small words joined by _"
    for call in logger_calls(tree):
        structured = "structlog.get_logger" in code or any(keyword.arg == "extra" for keyword in call.keywords)
        if not structured or not call.args:
            yield f'line {call.lineno} logs no event: give it extra={{"event": ...}}'
        elif "structlog.get_logger" in code and not isinstance(call.args[0], ast.Constant):
            yield f"line {call.lineno} logs an event that is no literal"
    for fields in event_fields(tree):
        taken = {key.value for key in fields.keys if isinstance(key, ast.Constant)} & _RESERVED
        if taken:
            yield f"line {fields.lineno} has fields of names that a log record takes: {taken}"
    for node in nodes(tree):
        text = dotted(node.func) if isinstance(node, ast.Call) else ""
        if text in ("logging.basicConfig", "print", "logging.config.dictConfig"):
            yield f"line {node.lineno} calls {text}; entrypoints.logs sets logging up"  # type: ignore[attr-defined]
        elif isinstance(node, ast.Assign) and _names_a_logger_otherwise(node):
            yield f"line {node.lineno} names a logger by something else than __name__"


def _names_a_logger_otherwise(node: ast.Assign) -> bool:
    """The standard library's levels are set by package; structlog's loggers share one."""
    value = ast.unparse(node.value)
    return ast.unparse(node.targets[0]) == "_logger" and "structlog" not in value and "(__name__)" not in value


def _value(fields: ast.Dict, name: str) -> ast.expr | None:
    pairs = zip(fields.keys, fields.values, strict=True)
    return next((value for key, value in pairs if isinstance(key, ast.Constant) and key.value == name), None)


def _modules(project: Path) -> dict[str, str]:
    return {str(path.relative_to(project)): path.read_text("utf-8") for path in sources(project)}


def test_the_documentation_has_every_event(project: Path) -> None:
    """The table in docs/logging.md names the events of the code, all of them and no other."""
    text = (project / "docs" / "logging.md").read_text("utf-8")
    documented = _ROW.findall(text[text.index("\n## Events\n") : text.index("\n## Secrets\n")])
    used = set().union(*(events(code) for code in _modules(project).values()))
    assert sorted(set(documented)) == sorted(documented)
    assert sorted(used - set(documented)) == [], "logged and not in docs/logging.md"
    assert sorted(set(documented) - used) == [], "in docs/logging.md and not logged"
    assert len(used) > 15


def test_every_line_names_its_event(project: Path) -> None:
    """Whatever is logged names its event and fields as docs/logging.md says."""
    found = {name: list(mistakes(code)) for name, code in _modules(project).items() if name not in _CARRIERS}
    assert {name: said for name, said in found.items() if said} == {}


def test_commands_set_the_log_up(project: Path) -> None:
    """A command that reads settings sets the log up as they say: it calls entrypoints.logs.configured."""
    commands = {name: code for name, code in _modules(project).items() if name.startswith("entrypoints/cli/")}
    readers = [name for name, code in commands.items() if "load_settings" in code and "configured" not in code]
    assert readers == []


def test_one_sentence_has_one_event(project: Path) -> None:
    """The same sentence is not told under two names, in whatever modules it stands."""
    names: dict[str, set[str]] = defaultdict(set)
    for code in _modules(project).values():
        for call in logger_calls(parsed(code)):
            for keyword in call.keywords:
                if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict):
                    event = _value(keyword.value, "event")
                    names[ast.unparse(call.args[0])].add(ast.unparse(event) if event else "")
    assert {sentence: found for sentence, found in names.items() if len(found) > 1} == {}
    assert names


@pytest.mark.parametrize(
    "code",
    [
        "_logger.info('ready')",
        "_logger.info('ready', extra={'event': 'Ready'})",
        "_logger.info('ready', extra={'event': 'ready'})",
        "_logger.info('ready', extra={'event': 'server_ready', 'name': 3})",
        "_logger = structlog.get_logger(__name__)\n_logger.info(f'server_{state}')",
        "_logger = structlog.get_logger(__name__)\n_logger.info('server ready')",
        "logging.basicConfig()",
        "print('ready')",
        "_logger = logging.getLogger('server')",
    ],
)
def test_a_line_that_names_no_event_is_noticed(code: str) -> None:
    """Each way to log past the convention is found."""
    assert list(mistakes(code))


@pytest.mark.parametrize(
    "code",
    [
        "_logger.info('Ready.', extra={'event': 'server_ready'})",
        "fields = {'event': 'server_ready'}\n_logger.info('Ready.', extra=fields)",
        "_logger = structlog.get_logger(__name__)\n_logger.info('server_ready', port=1)",
        "say('Ready.', event='server_ready')",
    ],
)
def test_events_are_found_in_every_form(code: str) -> None:
    """Each way to name an event is understood, and is no mistake."""
    assert (events(code), list(mistakes(code))) == ({"server_ready"}, [])
