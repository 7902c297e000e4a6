"""The tab for one paper: its categories as bars, and the words that speak for and against each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from entrypoints.demo import highlights, presenter
from entrypoints.demo.backend import Backend, Classified, ModelInfo, Paper, Reasons
from entrypoints.demo.error_messages import sentence
from entrypoints.demo.fetching import Fetch
from entrypoints.demo.inputs import PRIVATE, date_box, model_choice, or_fetched, paper_boxes, typed

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
        "Acyclic colourings of planar graphs",
        "We prove that every planar graph has an acyclic colouring with few colours and give a linear algorithm that "
        "finds it.",
    ],
]
_EMPTY = (
    '<p class="note">Type or paste an abstract, or take an example, and press Classify. The categories appear here.</p>'
)


@dataclass(frozen=True, slots=True)
class Held:
    """What one visitor was last told."""

    paper: Paper
    classified: Classified
    reasons: dict[str, Reasons] = field(default_factory=dict)


class PaperTab:
    """Builds the tab and answers its events; without `fetch`, papers are typed and none is fetched."""

    def __init__(self, gr: Any, backend: Backend, models: tuple[ModelInfo, ...], fetch: Fetch | None = None) -> None:
        self._gr = gr
        self._backend = backend
        self._fetch = fetch
        self._thresholds = {model.name: round(model.threshold, 2) for model in models}
        self._layout(models)
        self._wire()

    def _layout(self, models: tuple[ModelInfo, ...]) -> None:
        gr = self._gr
        self._held = gr.State(None)
        self._fetched = gr.State(None)
        with gr.Row(elem_classes="sides-by-side"):
            with gr.Column(min_width=300, scale=5):
                with gr.Row(visible=self._fetch is not None, equal_height=True):
                    about = "arXiv identifier or address"
                    self._identifier = gr.Textbox(
                        label=about, placeholder="2606.01234", max_lines=1, scale=4, min_width=160
                    )
                    self._get = gr.Button("Fetch", scale=1, min_width=90)
                self.title, self.abstract = paper_boxes(gr)
                self._model = model_choice(gr, models)
                self._date = date_box(gr)
                self._ask = gr.Button("Classify", variant="primary")
                labels = [title for title, _ in EXAMPLES]
                gr.Examples(EXAMPLES, [self.title, self.abstract], label="Examples", example_labels=labels)
            with gr.Column(min_width=300, scale=6):
                with gr.Group():
                    self._own = gr.Checkbox(True, label="The model's own thresholds")
                    start = self._thresholds[models[0].name]
                    self._cut = gr.Slider(0, 1, value=start, step=0.01, label="Threshold")
                self._chart = gr.HTML(_EMPTY)
                about = "Words that speak for and against"
                self._category = gr.Dropdown([], label=about, interactive=True, visible=False)
                self._words = gr.HTML()

    def _wire(self) -> None:
        asked = [self._model, self.title, self.abstract, self._date, self._own, self._cut, self._fetched]
        shown = [self._held, self._chart, self._category, self._words]
        triggers = [self._ask.click, self.title.submit, self.abstract.submit, self._date.submit]
        # A second click while words are looked for, or a handle that is drawn on, is answered at last and not dropped.
        last = {"trigger_mode": "always_last", **PRIVATE}
        self._gr.on(triggers, self._classify, asked, shown, **last)
        # arXiv asks for one request at a time.
        wanted = [self._identifier, self._model, self._own, self._cut]
        filled = [self._fetched, self.title, self.abstract, self._date]
        fetches = [self._get.click, self._identifier.submit]
        self._gr.on(fetches, self._fetch_and_classify, wanted, [*filled, *shown], concurrency_limit=1, **last)
        quiet = {"show_progress": "hidden", **last}
        cut, own, held = self._cut, self._own, self._held
        cut.input(self._moved, [held, cut], [own, self._chart], **quiet)
        own.input(self._switched, [held, self._model, own, cut], [cut, self._chart], **quiet)
        self._model.input(self._chosen, [self._model, own], cut, **quiet)
        self._category.input(_words, [held, self._category], self._words, **quiet)

    def _classify(
        self, model: str, title: str, abstract: str, date: str, own: bool, cut: float, fetched: Paper | None
    ) -> Iterator[tuple[Any, ...]]:
        yield from self._answers(lambda: or_fetched(typed(title, abstract, date), fetched), model, None if own else cut)

    def _fetch_and_classify(self, text: str, model: str, own: bool, cut: float) -> Iterator[tuple[Any, ...]]:
        skip = self._gr.skip()
        try:
            if self._fetch is None:
                return
            paper = self._fetch(text)
        except Exception as error:  # the outermost edge: Gradio would print it
            yield skip, skip, skip, skip, *self._failed(error)
            return
        filled: tuple[Any, ...] = (paper, paper.title, paper.abstract, "")
        for answer in self._answers(lambda: paper, model, None if own else cut):
            yield *filled, *answer
            filled = skip, skip, skip, skip

    def _answers(self, paper_of: Callable[[], Paper], model: str, cut: float | None) -> Iterator[tuple[Any, ...]]:
        gr = self._gr
        try:
            paper = paper_of()
            held = Held(paper, self._backend.classify(model, paper))
            first = held.classified.rows[0].label
            choice = gr.update(choices=presenter.category_choices(held.classified), value=first, visible=True)
            # Kinds that are explained by leaving words out take a second for it; their bars need not wait.
            yield held, presenter.bars(held.classified, cut, paper), choice, highlights.WAITING
            held = Held(paper, held.classified, self._backend.explain(model, paper))
            yield held, gr.skip(), gr.skip(), _words(held, first)
        except Exception as error:  # the outermost edge: Gradio would print it
            yield self._failed(error)

    def _failed(self, error: Exception) -> tuple[Any, ...]:
        no_choice = self._gr.update(choices=[], value=None, visible=False)
        return None, presenter.problem(sentence(error)), no_choice, ""

    def _moved(self, held: Held | None, cut: float) -> tuple[Any, Any]:
        return False, self._bars(held, cut)

    def _switched(self, held: Held | None, model: str, own: bool, cut: float) -> tuple[Any, Any]:
        return (self._thresholds[model] if own else cut), self._bars(held, None if own else cut)

    def _chosen(self, model: str, own: bool) -> Any:
        return self._thresholds[model] if own else self._gr.skip()

    def _bars(self, held: Held | None, cut: float | None) -> Any:
        return self._gr.skip() if held is None else presenter.bars(held.classified, cut, held.paper)


def _words(held: Held | None, label: str | None) -> str:
    if held is None or label is None:
        return ""
    if not held.reasons:
        return highlights.WAITING
    return highlights.highlighted(held.paper, held.reasons.get(label))
