"""Executes the example notebook and keeps what its cells print and draw.

uv run --group notebook python -m scripts.notebook
"""

from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbformat import read, write

PROJECT = Path(__file__).parents[1]
NOTEBOOK = PROJECT / "notebooks" / "explore_papers.ipynb"


def executed(path: Path = NOTEBOOK) -> Any:
    """The notebook with fresh outputs; a cell that fails raises nbclient's CellExecutionError."""
    notebook = read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat has no types
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(PROJECT)}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times, which differ at each run
    return notebook


if __name__ == "__main__":
    write(executed(), NOTEBOOK)  # type: ignore[no-untyped-call]
