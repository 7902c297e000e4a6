"""The example notebook as a page."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "explore_papers.ipynb"


def notebook() -> str:
    """The notebook's cells as Markdown: text as it is, code in blocks, and under each what it printed and drew."""
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    return "\n\n".join(part for cell in cells for part in _parts(cell))


def _parts(cell: Mapping[str, Any]) -> list[str]:
    source = _text(cell["source"])
    if cell["cell_type"] == "markdown":
        return [source]
    return [f"```python\n{source}\n```", *(_output(each) for each in cell["outputs"])]


def _output(output: Mapping[str, Any]) -> str:
    if output["output_type"] == "stream":
        return _block(_text(output["text"]))
    data = output["data"]
    if "image/png" in data:
        return f'<img alt="A figure of the cell above" src="data:image/png;base64,{_text(data["image/png"]).strip()}">'
    return _block(_text(data["text/plain"]))


def _block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"


def _text(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)
