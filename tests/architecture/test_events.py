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

_RESERVED = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "timestamp", "pid"}
_NAME = re.compile(r"[a-z]+(_[a-z]+)+")
# These pass on the events that their callers name.
_CARRIERS = frozenset({"domain/log_events.py", "entrypoints/cli/messages.py"})
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


def logging_calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call of `log_event`."""
    for node in nodes(tree):
        if isinstance(node, ast.Call) and dotted(node.func) == "log_event":
            yield node


def event_of(call: ast.Call) -> str | None:
    """The event that a call of `log_event` names, or None if it is no literal."""
    return _text(call.args[1]) if len(call.args) > 1 else None


def events(code: str) -> set[str]:
    """The names of events that a module logs, by `log_event` or in an argument `event` as `say` has it."""
    tree = parsed(code)
    keywords = (keyword for node in nodes(tree) if isinstance(node, ast.Call) for keyword in node.keywords)
    said = [_text(keyword.value) for keyword in keywords if keyword.arg == "event"]
    return {event for event in (*said, *map(event_of, logging_calls(tree))) if event}


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def mistakes(code: str) -> Iterator[str]:
    """The lines of a module that log otherwise than docs/logging.md says."""
    tree = parsed(code)
    for name in sorted(events(code)):
        if not _NAME.fullmatch(name):
            yield f"the event {name!r} is not two or more small words joined by _"
    for call in logging_calls(tree):
        if event_of(call) is None:
            yield f"line {call.lineno} logs an event that is no literal"
        taken = {keyword.arg for keyword in call.keywords} & _RESERVED
        if taken:
            yield f"line {call.lineno} has fields of names that a log record takes: {taken}"
    for node in nodes(tree):
        text = dotted(node.func) if isinstance(node, ast.Call) else ""
        if text.startswith("_logger.") or text == "structlog.get_logger":
            yield f"line {node.lineno} calls {text}; log_event logs all events"  # type: ignore[attr-defined]
        elif text in ("logging.basicConfig", "print", "logging.config.dictConfig"):
            yield f"line {node.lineno} calls {text}; entrypoints.logs sets logging up"  # type: ignore[attr-defined]
        elif isinstance(node, ast.Assign) and _names_a_logger_otherwise(node):
            yield f"line {node.lineno} names a logger by something else than __name__"


def _names_a_logger_otherwise(node: ast.Assign) -> bool:
    """Whether a module's logger has another name than the module. The levels are set by package."""
    return ast.unparse(node.targets[0]) == "_logger" and "(__name__)" not in ast.unparse(node.value)


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
        for call in logging_calls(parsed(code)):
            if len(call.args) > 2 and not isinstance(call.args[2], ast.Name):
                names[ast.unparse(call.args[2])].add(event_of(call) or "")
    assert {sentence: found for sentence, found in names.items() if len(found) > 1} == {}
    assert names


@pytest.mark.parametrize(
    "code",
    [
        "_logger.info('ready')",
        "_logger.info('Ready.', extra={'event': 'server_ready'})",
        "_logger.exception('server_ready')",
        "log_event(_logger, 'Ready', 'Ready.')",
        "log_event(_logger, 'ready', 'Ready.')",
        "log_event(_logger, f'server_{state}', 'Ready.')",
        "log_event(_logger, 'server_ready', 'Ready.', name=3)",
        "_logger = structlog.get_logger(__name__)",
        "say('Ready.', event='ready')",
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
        "log_event(_logger, 'server_ready', 'Ready.')",
        "log_event(_logger, 'server_ready', level=logging.ERROR, exception=error, port=1)",
        "say('Ready.', event='server_ready')",
    ],
)
def test_events_are_found_in_every_form(code: str) -> None:
    """Each way to name an event is understood, and is no mistake."""
    assert (events(code), list(mistakes(code))) == ({"server_ready"}, [])
