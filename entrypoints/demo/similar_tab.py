"""The tab that finds similar papers."""

from typing import Any

from entrypoints.demo import presenter
from entrypoints.demo.backend import Backend
from entrypoints.demo.error_messages import sentence
from entrypoints.demo.inputs import PRIVATE, paper_boxes, shortcut, typed


def similar_tab(gr: Any, backend: Backend) -> tuple[Any, Any]:
    """Builds the tab, and returns its boxes for title and abstract."""
    title, abstract = paper_boxes(gr)
    count = gr.Slider(1, 50, value=10, step=1, label="How many")
    ask = gr.Button("Find similar papers", variant="primary")
    shortcut(gr)
    listed = gr.HTML()

    def find(title: str, abstract: str, count: int) -> str:
        try:
            return presenter.neighbours(backend.similar(typed(title, abstract), count=int(count)))
        except Exception as error:  # the outermost edge: Gradio would print it
            return presenter.problem(sentence(error))

    gr.on([ask.click, title.submit, abstract.submit], find, [title, abstract, count], listed, **PRIVATE)
    return title, abstract
