"""The tab for a file of papers: uploaded, classified, shown in part, downloaded."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord, OnBadRecord
from entrypoints.demo import batch, presenter
from entrypoints.demo.backend import Backend, ModelInfo
from entrypoints.demo.failures import sentence
from entrypoints.demo.inputs import PRIVATE, model_choice

Reader = Callable[[Path, OnBadRecord], Iterable[Abstract]]
_PREVIEWED = 50
_TYPES = [".csv", ".jsonl", ".ndjson", ".parquet", ".gz", ".zst"]
_ABOUT = "CSV, JSON Lines or parquet with the columns `id`, `title` and `abstract`; only `abstract` is needed."


def batch_tab(gr: Any, backend: Backend, models: tuple[ModelInfo, ...], read: Reader) -> None:
    """Builds the tab."""
    gr.Markdown(_ABOUT)
    file = gr.File(label="File of papers", file_types=_TYPES, height=170)
    with gr.Row():
        model = model_choice(gr, models)
        formats = [("CSV", "csv"), ("JSON Lines", "jsonl")]
        format_ = gr.Radio(formats, value="csv", label="Download as", min_width=200)
    ask = gr.Button("Classify all", variant="primary")
    message = gr.HTML()
    download = gr.File(label="Predictions", interactive=False, visible=False)
    table = gr.HTML()
    unmoved = gr.Progress()  # Gradio finds the bar by this default

    def classify(path: str | None, name: str, kind: str, progress: Any = unmoved) -> Iterator[tuple[Any, Any, Any]]:
        try:
            # Gradio copies the file before it goes on after the yield, and the folder goes.
            with TemporaryDirectory(prefix="arxiv-classifier-") as folder:
                said, rows, written = _classified(backend, read, path, name, kind, progress, Path(folder))
                yield said, rows, gr.update(value=str(written), visible=True)
        except Exception as error:  # the outermost edge: Gradio would print it
            # The file lies in a folder that means nothing to who uploaded it.
            said = sentence(error).replace(f"{Path(path or '.').parent}/", "")
            yield presenter.problem(said), "", gr.update(value=None, visible=False)

    ask.click(classify, [file, model, format_], [message, table, download], show_progress_on=message, **PRIVATE)


def _classified(
    backend: Backend, read: Reader, path: str | None, name: str, kind: str, progress: Any, folder: Path
) -> tuple[str, str, Path]:
    """What is said of a file, its first papers as a table, and the file of all predictions."""
    if path is None:
        raise InvalidInputError("No file was given. Choose one.")
    bad: list[BadRecord] = []
    papers = batch.papers_of(read(Path(path), bad.append), bad)
    told = batch.classified(backend, name, papers, lambda done: progress((done, len(papers)), unit="papers"))
    given = list(told)
    rows = presenter.batch_table(papers[:_PREVIEWED], given[:_PREVIEWED])
    return presenter.batch_summary(len(papers), bad), rows, batch.written(papers, given, kind, folder)
