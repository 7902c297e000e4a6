"""The page itself: tabs of Gradio components over a backend."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import structlog

from domain.abstract import Abstract
from domain.errors import ArxivClassifierError, InvalidInputError
from domain.ports.dataset import BadRecord, OnBadRecord
from entrypoints.demo import batch, presenter
from entrypoints.demo.backend import Backend, Classified, ModelInfo, Paper
from entrypoints.demo.style import STYLE

_logger = structlog.get_logger("demo")
_EXPLAINED = 5
_PREVIEWED = 50
EXAMPLES = [
    [
        "Attention for graphs of molecules",
        "We introduce a graph neural network that predicts properties of molecules. Attention over bonds and atoms "
        "lets it learn long-range interactions from few labelled examples.",
    ],
    [
        "Black hole entropy from string theory",
        "We compute the entropy of extremal black holes in type IIB string theory by counting microstates of D-branes "
        "and compare it with the area law of Bekenstein and Hawking.",
    ],
    [
        "",
        "We prove that every planar graph has an acyclic colouring with few colours and give a linear algorithm that "
        "finds it.",
    ],
]
Reader = Callable[[Path, OnBadRecord], Iterable[Abstract]]


def build(backend: Backend, read: Reader) -> Any:
    """The page as Gradio's Blocks; `read` gives the papers of an uploaded file."""
    import gradio as gr

    models = backend.models()
    with gr.Blocks(title="arxiv-classifier", analytics_enabled=False) as page:
        gr.Markdown("# arXiv categories\nProbabilities of arXiv categories from a paper's title and abstract.")
        with gr.Tab("Paper"):
            _one_paper(gr, backend, models)
        with gr.Tab("Batch"):
            _many_papers(gr, backend, models, read)
        with gr.Tab("Compare"):
            _compare(gr, backend, models)
        with gr.Tab("Similar"):
            _similar(gr, backend)
    return page


def theme() -> Any:
    """Gradio's own theme with the system's fonts, so that nothing is fetched."""
    import gradio as gr

    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    return gr.themes.Base(primary_hue="sky", font=sans, font_mono=["ui-monospace", "Consolas", "monospace"])


LOOKS = STYLE


def _inputs(gr: Any) -> tuple[Any, Any]:
    title = gr.Textbox(label="Title (if there is one)", max_lines=3)
    return title, gr.Textbox(label="Abstract", lines=7, max_lines=20)


def _model_choice(gr: Any, models: tuple[ModelInfo, ...]) -> Any:
    return gr.Dropdown([each.name for each in models], value=models[0].name, label="Model")


def _paper(title: str | None, abstract: str | None) -> Paper:
    if not (abstract or "").strip():
        raise InvalidInputError("The abstract is blank. Type or paste its text.")
    return Paper(abstract or "", (title or "").strip())


def _one_paper(gr: Any, backend: Backend, models: tuple[ModelInfo, ...]) -> None:
    found = gr.State(None)
    with gr.Row():
        with gr.Column(min_width=280):
            title, abstract = _inputs(gr)
            model = _model_choice(gr, models)
            ask = gr.Button("Classify", variant="primary")
        with gr.Column(min_width=280):
            own = gr.Checkbox(True, label="The model's own thresholds")
            threshold = gr.Slider(0, 1, value=round(models[0].threshold, 2), step=0.01, label="Threshold")
            chart = gr.HTML(label="Probabilities")
            category = gr.Dropdown([], label="Words that speak for and against", interactive=True)
            words = gr.HTML()
    gr.Examples(EXAMPLES, [title, abstract], label="Examples")

    def classify(name: str, title: str, abstract: str, own: bool, cut: float) -> tuple[Any, ...]:
        try:
            paper = _paper(title, abstract)
            classified = backend.classify(name, paper, explained=_EXPLAINED)
        except ArxivClassifierError as error:
            return None, presenter.problem(str(error)), gr.update(choices=[], value=None), ""
        labels = list(classified.words)
        first = labels[0] if labels else None
        return (
            (paper, classified),
            presenter.bars(classified, None if own else cut),
            gr.update(choices=labels, value=first),
            _words_of((paper, classified), first),
        )

    def redraw(held: tuple[Paper, Classified] | None, own: bool, cut: float) -> Any:
        return gr.update() if held is None else presenter.bars(held[1], None if own else cut)

    def moved(held: tuple[Paper, Classified] | None, cut: float) -> tuple[Any, Any]:
        return False, gr.update() if held is None else presenter.bars(held[1], cut)

    asked = {"inputs": [model, title, abstract, own, threshold], "outputs": [found, chart, category, words]}
    gr.on([ask.click, title.submit, abstract.submit], classify, **asked)
    threshold.input(moved, [found, threshold], [own, chart], show_progress="hidden")
    own.input(redraw, [found, own, threshold], chart, show_progress="hidden")
    category.input(_words_of, [found, category], words, show_progress="hidden")


def _words_of(held: tuple[Paper, Classified] | None, label: str | None) -> str:
    if held is None or label is None:
        return ""
    paper, classified = held
    return presenter.highlighted(paper.title, paper.abstract, classified.words.get(label, ()), classified.method)


def _many_papers(gr: Any, backend: Backend, models: tuple[ModelInfo, ...], read: Reader) -> None:
    gr.Markdown("CSV, JSON Lines or parquet with the columns `id`, `title` and `abstract`; only `abstract` is needed.")
    file = gr.File(label="File of papers", file_types=[".csv", ".jsonl", ".ndjson", ".parquet", ".gz", ".zst"])
    with gr.Row():
        model = _model_choice(gr, models)
        format_ = gr.Radio(["csv", "jsonl"], value="csv", label="Download as")
    ask = gr.Button("Classify all", variant="primary")
    message = gr.HTML()
    heads = ["id", "labels", "probabilities"]
    table = gr.Dataframe(headers=heads, label="The first papers", interactive=False, wrap=True)
    download = gr.File(label="Predictions", interactive=False)

    unmoved = gr.Progress()  # Gradio finds the bar by this default

    def classify(path: str | None, name: str, kind: str, progress: Any = unmoved) -> tuple[Any, Any, Any]:
        bad: list[BadRecord] = []
        try:
            if path is None:
                raise InvalidInputError("No file was given. Choose one.")
            papers = batch.papers_of(read(Path(path), bad.append), bad)
            given = list(
                batch.classified(backend, name, papers, lambda done: progress((done, len(papers)), unit="papers"))
            )
        except ArxivClassifierError as error:
            # The file lies in a folder that means nothing to who uploaded it.
            return presenter.problem(str(error).replace(f"{Path(path or '.').parent}/", "")), None, None
        rows = presenter.batch_table([paper.id for paper in papers[:_PREVIEWED]], given[:_PREVIEWED])
        return presenter.batch_summary(len(papers), bad), rows, str(batch.written(papers, given, kind))

    ask.click(classify, [file, model, format_], [message, table, download])


def _compare(gr: Any, backend: Backend, models: tuple[ModelInfo, ...]) -> None:
    title, abstract = _inputs(gr)
    names = [each.name for each in models]
    chosen = gr.CheckboxGroup(names, value=names[:3], label="Models")
    ask = gr.Button("Compare", variant="primary")
    columns = gr.HTML()

    def compare(title: str, abstract: str, names: list[str]) -> str:
        try:
            paper = _paper(title, abstract)
            return presenter.compared([backend.classify(name, paper) for name in names])
        except ArxivClassifierError as error:
            return presenter.problem(str(error))

    ask.click(compare, [title, abstract, chosen], columns)


def _similar(gr: Any, backend: Backend) -> None:
    title, abstract = _inputs(gr)
    count = gr.Slider(1, 50, value=10, step=1, label="How many")
    ask = gr.Button("Find similar papers", variant="primary")
    listed = gr.HTML()

    def find(title: str, abstract: str, count: int) -> str:
        try:
            return presenter.neighbours(backend.similar(_paper(title, abstract), count=int(count)))
        except ArxivClassifierError as error:
            return presenter.problem(str(error))

    ask.click(find, [title, abstract, count], listed)
