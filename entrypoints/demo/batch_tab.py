"""The tab for a file of papers: uploaded, classified, shown in part, downloaded."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord, OnBadRecord
from entrypoints.demo import batch, presenter
from entrypoints.demo.backend import Backend, ModelInfo
from entrypoints.demo.error_messages import sentence
from entrypoints.demo.inputs import PRIVATE, model_choice

Reader = Callable[[Path, OnBadRecord], Iterable[Abstract]]
_PREVIEWED = 50
_LOOK_EVERY = 0.5
_TYPES = [".csv", ".tsv", ".xlsx", ".jsonl", ".ndjson", ".parquet", ".gz", ".zst"]
_TEMPLATE = (
    f'<a download="papers.csv" href="data:text/csv;charset=utf-8,{quote(batch.TEMPLATE)}">Download a template</a>'
)
_ABOUT = (
    '<p class="note about">A file of papers: CSV, Excel, JSON Lines or parquet. It has a column <code>abstract</code> '
    "and, if known, <code>id</code>, <code>title</code> and <code>date</code>, at most 20,000 papers and 200 MB. "
    f"{_TEMPLATE} to fill in.</p>"
)


@dataclass(slots=True)
class Run:
    """The batch that is being classified for a visitor."""

    stopped: bool = False

    def stop(self) -> None:
        """Ends the batch after the papers that are being classified."""
        self.stopped = True


class BatchTab:
    """Builds the tab and answers its events."""

    def __init__(self, gr: Any, backend: Backend, models: tuple[ModelInfo, ...], read: Reader) -> None:
        self._gr = gr
        self._backend = backend
        self._read = read
        gr.HTML(_ABOUT)
        file = gr.File(label="File of papers", file_types=_TYPES, height=170)
        with gr.Row():
            model = model_choice(gr, models)
            formats = [("CSV", "csv"), ("JSON Lines", "jsonl")]
            format_ = gr.Radio(formats, value="csv", label="Download as", min_width=200)
        with gr.Row():
            ask = gr.Button("Classify all", variant="primary", scale=3)
            stop = gr.Button("Stop", interactive=False, scale=1, min_width=100)
        message = gr.HTML()
        download = gr.File(label="Predictions", interactive=False, visible=False)
        table = gr.HTML()
        run = gr.State(Run())
        shown = [message, table, download, stop]
        ask.click(self._classify(), [file, model, format_, run], shown, show_progress_on=message, **PRIVATE)
        # Past the queue, where it might wait for what it is to stop.
        stop.click(Run.stop, run, None, queue=False, show_progress="hidden", **PRIVATE)

    def _classify(self) -> Callable[..., Iterator[tuple[Any, ...]]]:
        gr, unmoved = self._gr, self._gr.Progress()  # Gradio finds the bar by this default

        def classify(path: str | None, name: str, kind: str, run: Run, progress: Any = unmoved) -> Iterator[Any]:
            run.stopped = False
            nothing = (gr.skip(), gr.skip(), gr.skip())
            yield *nothing, gr.update(interactive=True)
            try:
                # Gradio copies the file before it goes on after the yield, and the folder goes.
                with TemporaryDirectory(prefix="arxiv-classifier-") as folder:
                    for found in self._parts(path, name, kind, run, progress, Path(folder)):
                        yield (*found, gr.update(interactive=False)) if found else (*nothing, gr.skip())
            except Exception as error:  # the outermost edge: Gradio would print it
                # The file lies in a folder that means nothing to who uploaded it.
                said = sentence(error).replace(f"{Path(path or '.').parent}/", "")
                hidden = gr.update(value=None, visible=False)
                yield presenter.problem(said), "", hidden, gr.update(interactive=False)

        return classify

    def _parts(
        self, path: str | None, name: str, kind: str, run: Run, progress: Any, folder: Path
    ) -> Iterator[tuple[Any, Any, Any] | None]:
        """Yields None regularly, so that Gradio can end abandoned work, and then the note, a table and the file."""
        if path is None:
            raise InvalidInputError("No file was given. Choose one.")
        bad: list[BadRecord] = []
        rows = batch.rows_of(self._read(Path(path), bad.append), bad)
        done: list[batch.Row] = []
        looked = time.monotonic()
        for part in batch.classified(self._backend, name, rows):
            done += part
            if run.stopped:
                break
            if time.monotonic() - looked > _LOOK_EVERY:
                yield None
                looked = time.monotonic()
            # Behind the yield, which takes the bar away.
            progress((len(done), len(rows)), unit="papers")
        said = presenter.batch_summary(done, of=len(rows))
        table = presenter.batch_table(done[:_PREVIEWED])
        file = batch.written(done, kind, folder)
        yield said, table, self._gr.update(value=str(file), visible=True)
