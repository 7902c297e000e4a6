"""The tab for one paper: advice in words, its categories as bars, and the words that speak for and against each."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from domain.category import Category
from entrypoints.demo import advice, highlights, presenter, rules
from entrypoints.demo.backend import Backend, Classified, ModelInfo, Paper, Reasons
from entrypoints.demo.error_messages import sentence
from entrypoints.demo.fetching import Fetch
from entrypoints.demo.inputs import PRIVATE, date_box, model_choice, or_fetched, paper_boxes, shortcut, typed

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
    '<p class="note">Paste the title and abstract of a paper and press Classify, or click an example. Its primary '
    "category and cross-lists appear here.</p>"
)


@dataclass(frozen=True, slots=True)
class Held:
    """The last answer to one visitor."""

    paper: Paper
    classified: Classified
    reasons: dict[str, Reasons] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: the model, the categories chosen so far, the rule by which some are given, and the slider's value."""

    model: str
    chosen: str
    rule: str
    cut: float


class PaperTab:
    """Builds the tab and answers its events. Without `fetch`, papers can only be typed."""

    def __init__(self, gr: Any, backend: Backend, models: tuple[ModelInfo, ...], fetch: Fetch | None = None) -> None:
        self._gr = gr
        self._backend = backend
        self._fetch = fetch
        self._thresholds = {model.name: round(model.threshold, 2) for model in models}
        self._models = models
        self._layout()
        self._wire()

    def _layout(self) -> None:
        gr = self._gr
        self._held = gr.State(None)
        self._fetched = gr.State(None)
        with gr.Row(elem_classes="sides-by-side"):
            with gr.Column(min_width=300, scale=5):
                self._questions()
            with gr.Column(min_width=300, scale=6):
                self._answers_side()

    def _questions(self) -> None:
        gr = self._gr
        with gr.Row(visible=self._fetch is not None, equal_height=True):
            about = "arXiv identifier or address"
            self._identifier = gr.Textbox(label=about, placeholder="2606.01234", max_lines=1, scale=4, min_width=160)
            self._get = gr.Button("Fetch", scale=1, min_width=90)
        self.title, self.abstract = paper_boxes(gr, "paper")
        about = "Categories chosen so far (if any), primary first"
        self._chosen = gr.Textbox(label=about, placeholder="cs.LG stat.ML", max_lines=1, elem_id="paper-chosen")
        self._model = model_choice(gr, self._models, "paper-model")
        self._date = date_box(gr)
        self._ask = gr.Button("Classify", variant="primary")
        shortcut(gr)
        labels = [title for title, _ in EXAMPLES]
        boxes = [self.title, self.abstract]
        self._examples = gr.Examples(EXAMPLES, boxes, label="Examples", example_labels=labels)

    def _answers_side(self) -> None:
        gr = self._gr
        self._answer = gr.HTML(_EMPTY, elem_id="paper-answer")
        self._chart = gr.HTML()
        self._category = gr.Dropdown([], label="Why this category?", interactive=True, visible=False)
        self._words = gr.HTML()
        with gr.Accordion("Advanced", open=False):
            offered = rules.rules(self._models[0])
            self._rule = gr.Dropdown(offered, value=rules.OWN, label="Categories are given by")
            start = self._thresholds[self._models[0].name]
            self._cut = gr.Slider(0, 1, value=start, step=0.01, label="Threshold")

    def _wire(self) -> None:
        boxes = [self._model, self.title, self.abstract, self._chosen, self._date]
        asked = [*boxes, self._rule, self._cut, self._fetched]
        shown = [self._held, self._answer, self._chart, self._category, self._words]
        triggers = [self._ask.click, self.title.submit, self.abstract.submit, self._chosen.submit, self._date.submit]
        # A second click while words are looked for, or a handle that is drawn on, is answered at last and not dropped.
        last = {"trigger_mode": "always_last", **PRIVATE}
        self._gr.on(triggers, self._classify, asked, shown, **last)
        self._examples.load_input_event.then(self._classify, asked, shown, **PRIVATE)
        # arXiv asks for one request at a time.
        wanted = [self._identifier, self._model, self._chosen, self._rule, self._cut]
        filled = [self._fetched, self.title, self.abstract, self._date]
        fetches = [self._get.click, self._identifier.submit]
        self._gr.on(fetches, self._fetch_and_classify, wanted, [*filled, *shown], concurrency_limit=1, **last)
        quiet = {"show_progress": "hidden", **last}
        cut, rule, held = self._cut, self._rule, self._held
        cut.input(self._moved, [held, self._model, cut], [rule, self._chart], **quiet)
        rule.input(self._switched, [held, self._model, rule, cut], [cut, self._chart], **quiet)
        self._model.change(self._chosen_model, [self._model, rule, cut], [rule, cut], **quiet)
        self._category.input(_words, [held, self._category], self._words, **quiet)
        self._answer.change(None, js="() => window.paperAnswered?.()", **PRIVATE)
        self._asking = (boxes, asked, shown)

    def open_link(self, page: Any) -> None:
        """Answers the query of a link by which the page was opened. The page's script reads it."""
        boxes, asked, shown = self._asking
        query = self._gr.Textbox(visible=False)
        opened = page.load(None, js='() => window.paperLink?.() ?? ""', outputs=query, **PRIVATE)
        filled = opened.then(self._fill, query, boxes, show_progress="hidden", **PRIVATE)
        filled.then(self._classify_link, [query, *asked], shown, **PRIVATE)

    def _fill(self, query: str) -> tuple[Any, ...]:
        if not query:  # without a link, nothing may touch what is typed by now
            return (self._gr.skip(),) * 5
        found = {name: str(value) for name, value in json.loads(query).items()}
        called = dict(zip(presenter.short_names(self._models), (model.name for model in self._models), strict=True))
        model = called.get(found.get("model", ""), self._models[0].name)
        return model, *(found.get(name, "") for name in ("title", "abstract", "chosen", "date"))

    def _classify_link(self, query: str, *asked: Any) -> Iterator[tuple[Any, ...]]:
        if query:
            yield from self._classify(*asked)
        else:
            yield (self._gr.skip(),) * 5

    def _classify(
        self,
        model: str,
        title: str,
        abstract: str,
        chosen: str,
        date: str,
        rule: str,
        cut: float,
        fetched: Paper | None,
    ) -> Iterator[tuple[Any, ...]]:
        question = Asked(model, chosen, rule, cut)
        yield from self._answers(lambda: or_fetched(typed(title, abstract, date), fetched), question)

    def _fetch_and_classify(
        self, text: str, model: str, chosen: str, rule: str, cut: float
    ) -> Iterator[tuple[Any, ...]]:
        skip = self._gr.skip()
        try:
            if self._fetch is None:
                return
            paper = self._fetch(text)
        except Exception as error:  # the outermost edge: Gradio would print it
            yield skip, skip, skip, skip, *self._failed(error)
            return
        filled: tuple[Any, ...] = (paper, paper.title, paper.abstract, "")
        for answer in self._answers(lambda: paper, Asked(model, chosen, rule, cut)):
            yield *filled, *answer
            filled = skip, skip, skip, skip

    def _answers(self, paper_of: Callable[[], Paper], asked: Asked) -> Iterator[tuple[Any, ...]]:
        skip = self._gr.skip()
        try:
            paper = paper_of()
            held = Held(paper, self._backend.classify(asked.model, paper))
            first = presenter.category_choices(held.classified)[0][1]
            choice = self._gr.update(choices=presenter.category_choices(held.classified), value=first, visible=True)
            bars = self._bars(held, asked.model, asked.rule, asked.cut)
            # Kinds that are explained by leaving words out take a second for it; their bars need not wait.
            yield held, advice.WAITING, bars, choice, highlights.WAITING
            yield skip, self._advice(held, asked), skip, skip, skip
            held = Held(paper, held.classified, self._backend.explain(asked.model, paper))
            yield held, skip, skip, skip, _words(held, first)
        except Exception as error:  # the outermost edge: Gradio would print it
            yield self._failed(error)

    def _advice(self, held: Held, asked: Asked) -> str:
        called = dict(zip((model.name for model in self._models), presenter.short_names(self._models), strict=True))
        paper, model = held.paper, called.get(asked.model, asked.model)
        # A fetched paper's date is known by its identifier, and its box stays blank.
        date = "" if paper.categories else paper.date
        query = {"title": paper.title, "abstract": paper.abstract, "chosen": asked.chosen, "date": date, "model": model}
        if not all(Category.has_form(row.label) for row in held.classified.rows):
            return advice.most_probable(held.classified, query)
        return advice.answer(self._backend.advise(asked.model, paper, asked.chosen), query)

    def _failed(self, error: Exception) -> tuple[Any, ...]:
        no_choice = self._gr.update(choices=[], value=None, visible=False)
        return None, presenter.problem(sentence(error)), "", no_choice, ""

    def _moved(self, held: Held | None, model: str, cut: float) -> tuple[Any, Any]:
        return rules.CUT, self._redrawn(held, model, rules.CUT, cut)

    def _switched(self, held: Held | None, model: str, rule: str, cut: float) -> tuple[Any, Any]:
        return (cut if rule == rules.CUT else self._thresholds[model]), self._redrawn(held, model, rule, cut)

    def _chosen_model(self, model: str, rule: str, cut: float) -> tuple[Any, float]:
        """Offers the rules of another model. One that it lacks gives way to its own thresholds."""
        offered = rules.rules(next(each for each in self._models if each.name == model))
        kept = rule if rule in {value for _, value in offered} else rules.OWN
        return self._gr.update(choices=offered, value=kept), cut if kept == rules.CUT else self._thresholds[model]

    def _redrawn(self, held: Held | None, model: str, rule: str, cut: float) -> Any:
        if held is None or held.classified.model != model:
            return self._gr.skip()
        try:
            return self._bars(held, model, rule, cut)
        except Exception as error:  # the outermost edge: Gradio would print it
            return presenter.problem(sentence(error))

    def _bars(self, held: Held, model: str, rule: str, cut: float) -> str:
        choice, classified = rules.choice_of(rule), held.classified
        if choice is not None:
            classified = classified.giving(self._backend.given(model, held.paper, choice))
        return presenter.bars(classified, cut if rule == rules.CUT else None, held.paper)


def _words(held: Held | None, label: str | None) -> str:
    if held is None or label is None:
        return ""
    if not held.reasons:
        return highlights.WAITING
    return highlights.highlighted(held.paper, held.reasons.get(label))
