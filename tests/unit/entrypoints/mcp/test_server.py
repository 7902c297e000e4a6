"""The tools as an agent calls them: by the protocol's own client, in process, over standard input and over HTTP."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.examples import json_lines, small_papers
from tests.lazily import lazily, skip_without

skip_without("mcp")
sdk = lazily("mcp")
server = lazily("entrypoints.mcp.server")
tools = lazily("entrypoints.mcp.tools")
settings = lazily("entrypoints.settings")

IMAGES = "We propose a convolutional network for image segmentation of medical scans."
VARIFOLDS = (
    "We prove a regularity theorem for stationary varifolds and for elliptic partial differential equations in "
    "Sobolev spaces."
)
COMMAND = ("-m", "entrypoints", "mcp")


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The tools over the shipped models, without an index."""
    return tools.Tools(settings.load_settings(), tmp_path_factory.mktemp("empty") / "index")


def asked(where: Any, ask: Callable[[Any], Awaitable[Any]]) -> Any:
    """Returns the answer of a server to the protocol's client."""

    async def main() -> Any:
        async with sdk.Client(where) as client:
            return await ask(client)

    return asyncio.run(main())


def call(offered: Any, tool: str, **arguments: object) -> Any:
    """The result of a call in this process."""
    return asked(server.server_of(offered), lambda client: client.call_tool(tool, arguments))


def refusal(offered: Any, tool: str, **arguments: object) -> str:
    """The message of a call that is refused."""
    result = call(offered, tool, **arguments)
    assert result.is_error
    return str(result.content[0].text)


def test_the_tools_are_listed_with_their_schemas(offered: Any) -> None:
    """An agent reads what each tool does, which arguments it takes and what it answers."""
    listed = {each.name: each for each in asked(server.server_of(offered), lambda client: client.list_tools()).tools}
    assert set(listed) == {"classify", "advise", "similar"}
    for each in listed.values():
        assert each.input_schema["required"] == ["abstract"]
        assert all(field["description"] for field in each.input_schema["properties"].values())
        assert each.output_schema["type"] == "object"
        assert each.annotations.read_only_hint is True
        assert each.description == each.description.strip() and "\n  " not in each.description


def test_the_models_are_named_with_what_they_are_good_for(offered: Any) -> None:
    """The server's instructions name the shipped models, the default first."""
    said = asked(server.server_of(offered), lambda client: asyncio.sleep(0, client.instructions)).splitlines()
    assert said[1] == "- baseline: fast, 50 categories"
    assert "- arxiv: all of arXiv, 155 categories" in said
    assert "- ensemble: most accurate, 50 categories" in said


def test_a_paper_is_classified(offered: Any) -> None:
    """The categories at or above their thresholds come with names, and the same as JSON text."""
    result = call(offered, "classify", abstract=IMAGES)
    found = result.structured_content
    assert [each["category"] for each in found["categories"]] == ["cs.CV"]
    assert found["categories"][0]["name"] == "Computer Vision and Pattern Recognition"
    assert found["model"].startswith("baseline/")
    assert found["warnings"] == []
    assert json.loads(result.content[0].text) == found


def test_another_model_and_a_number_of_categories_can_be_chosen(offered: Any) -> None:
    """The model of all categories gives as many as were asked for, by falling probability."""
    text = "We sequenced the genomes of wild bees and measured gene expression in larvae."
    found = call(offered, "classify", abstract=text, model="arxiv", top_k=4).structured_content["categories"]
    assert len(found) == 4
    assert found[0]["category"].startswith("q-bio.")
    assert [each["probability"] for each in found] == sorted((each["probability"] for each in found), reverse=True)


def test_a_paper_gets_advice(offered: Any) -> None:
    """The answer is that of the command line: a sentence, reasons, and a verdict on what was chosen."""
    found = call(offered, "advise", abstract=VARIFOLDS, chosen=["cs.LG"]).structured_content
    assert found["answer"] == "Primary: math.AP. No cross-list."
    assert "elliptic" in found["primary"]["reasons"]
    assert {each["category"]: each["verdict"] for each in found["opinion"]} == {"math.AP": "swap", "cs.LG": "drop"}


def test_the_month_closes_categories(offered: Any) -> None:
    """A category that arXiv did not have in that month is not given."""
    now, then = (
        call(offered, "classify", abstract=IMAGES, top_k=50, date=date).structured_content["categories"]
        for date in ("", "2012-05")
    )
    assert {each["category"]: each["probability"] for each in then}["eess.IV"] == 0
    assert {each["category"]: each["probability"] for each in now}["eess.IV"] > 0.1


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("classify", {"abstract": "  "}, "The abstract is blank"),
        ("classify", {"abstract": IMAGES, "model": "../../etc"}, "Name one of these: baseline, arxiv"),
        ("classify", {"abstract": IMAGES, "top_k": -1}, "top_k is -1"),
        ("classify", {"abstract": IMAGES, "date": "9998-01"}, "lies in the future"),
        ("advise", {"abstract": IMAGES, "chosen": ["cs.XX"]}, "cs.XX"),
        ("similar", {"abstract": IMAGES}, "`arxiv-classifier index PAPERS --output"),
        ("similar", {"abstract": IMAGES, "count": 0}, "greater than or equal to 1"),
        ("classify", {}, "Field required"),
    ],
)
def test_a_mistake_is_answered_with_what_to_do(
    offered: Any, tool: str, arguments: dict[str, object], said: str
) -> None:
    """The agent reads a sentence that says what was wrong."""
    assert said in refusal(offered, tool, **arguments)


def test_a_folder_named_as_a_model_is_not_opened(offered: Any) -> None:
    """An agent chooses among the models of the store. A real bundle's path is refused."""
    folder = next(each.folder for each in offered.models())
    assert "There is no model" in refusal(offered, "classify", abstract=IMAGES, model=str(folder))


def test_similar_papers_are_found_once_there_is_an_index(tmp_path: Path) -> None:
    """An index that is made while the server runs is used by the next call, for `advise` as well."""
    from entrypoints.cli.main import main

    made = tools.Tools(settings.load_settings(), tmp_path / "index")
    assert "There is no index" in refusal(made, "similar", abstract="image pixel")
    (tmp_path / "papers.jsonl").write_text(json_lines(small_papers(12)))
    assert (
        main(["index", str(tmp_path / "papers.jsonl"), "--output", str(tmp_path / "index"), "--model", "minilm"]) == 0
    )
    found = call(made, "similar", abstract="image pixel camera", count=3).structured_content["papers"]
    assert len(found) == 3
    assert "cs.CV" in found[0]["categories"]
    primary = call(made, "advise", abstract=f"{IMAGES} image pixel camera").structured_content["primary"]
    assert primary["category"] == "cs.CV" and primary["papers"]


def test_an_unforeseen_error_is_hidden(
    offered: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its text goes to the log, and the agent learns only that the call failed."""

    def broken(*_: object) -> None:
        raise RuntimeError("secret path")

    monkeypatch.setattr(offered._container, "predict", broken)
    assert "secret" not in refusal(offered, "classify", abstract=IMAGES)
    assert "secret path" in caplog.text


@pytest.mark.slow
def test_over_standard_input_and_output(tmp_path: Path) -> None:
    """An agent's program starts the command and calls a tool. The process ends when the agent leaves."""
    where = sdk.StdioServerParameters(command=sys.executable, args=[*COMMAND, "--index", str(tmp_path)])
    # By default the client takes the stderr of when it was imported, which may be one that another test replaced.
    with (tmp_path / "stderr").open("w") as errors:
        transport = sdk.stdio_client(where, errlog=errors)
        found = asked(transport, lambda client: client.call_tool("classify", {"abstract": IMAGES}))
    assert found.structured_content["categories"][0]["category"] == "cs.CV"


@pytest.mark.slow
def test_a_signal_ends_the_server_while_it_waits_for_an_agent() -> None:
    """SIGTERM ends a process that reads standard input."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, *COMMAND], **pipes) as process:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == -signal.SIGTERM


@pytest.mark.slow
def test_over_streamable_http(tmp_path: Path) -> None:
    """Agents reach the server at an address. A request that names another host is refused."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, *COMMAND, "--http", "--port", str(port), "--index", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            said = next(line for line in process.stderr if "mcp_started" in line)
            address = re.findall(r"http://[^ ]+/mcp", said)[0]
            found = asked(address, lambda client: client.call_tool("classify", {"abstract": IMAGES}))
            assert found.structured_content["categories"][0]["category"] == "cs.CV"
            assert status_for_host("evil.example", port) == 421
        finally:
            process.terminate()
            process.wait(60)


def status_for_host(host: str, port: int) -> int:
    """The status of a request whose Host header names a host."""
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    headers = {"Host": host, "Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    connection.request("POST", "/mcp", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_taken_port_is_told_of(offered: Any) -> None:
    """The server says which address cannot be listened at, and how to choose another."""
    from domain.errors import ConfigurationError

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port} cannot be listened at. Name another"):
            server.serve_http(offered, "127.0.0.1", port)
