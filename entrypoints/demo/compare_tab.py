"""The tab that shows the same paper as several models classify it."""

from typing import Any

from entrypoints.demo import presenter
from entrypoints.demo.backend import Backend, ModelInfo
from entrypoints.demo.error_messages import sentence
from entrypoints.demo.inputs import PRIVATE, paper_boxes, shortcut, typed

_AT_FIRST = 3


def compare_tab(gr: Any, backend: Backend, models: tuple[ModelInfo, ...]) -> tuple[Any, Any]:
    """Builds the tab, and returns its boxes for title and abstract."""
    title, abstract = paper_boxes(gr)
    names = [model.name for model in models]
    chosen = gr.CheckboxGroup(presenter.choices(models), value=names[:_AT_FIRST], label="Models")
    ask = gr.Button("Compare", variant="primary")
    shortcut(gr)
    table = gr.HTML()

    def compare(title: str, abstract: str, names: list[str]) -> str:
        try:
            paper = typed(title, abstract)
            return presenter.compared([backend.classify(name, paper) for name in names], models)
        except Exception as error:  # the outermost edge: Gradio would print it
            return presenter.problem(sentence(error))

    gr.on([ask.click, title.submit, abstract.submit], compare, [title, abstract, chosen], table, **PRIVATE)
    return title, abstract
