"""Inputs that several tabs share: a paper's title and abstract, and a model."""

from typing import Any

from domain.errors import InvalidInputError
from entrypoints.demo import presenter
from entrypoints.demo.backend import ModelInfo, Paper


def paper_boxes(gr: Any, name: str = "") -> tuple[Any, Any]:
    """Returns boxes for a title and an abstract. The page's script finds them by `name`."""
    ids = [f"{name}-title", f"{name}-abstract"] if name else [None, None]
    title = gr.Textbox(label="Title (if there is one)", max_lines=3, elem_id=ids[0])
    return title, gr.Textbox(label="Abstract", lines=8, max_lines=20, elem_id=ids[1])


def date_box(gr: Any) -> Any:
    """Returns a folded box for the date on which a paper was filed."""
    with gr.Accordion("More", open=False):
        about = "YYYY-MM, or nothing for today"
        return gr.Textbox(label="Filed in", placeholder=about, max_lines=1, elem_id="paper-date")


def shortcut(gr: Any) -> None:
    """Shows below a button the keys that press it. The page's script handles these keys."""
    gr.HTML(
        '<p class="note keys">or press <kbd>Ctrl</kbd>+<kbd>Enter</kbd> (on a Mac <kbd>⌘</kbd>+<kbd>Enter</kbd>)</p>'
    )


def taken_over(gr: Any, tab: Any, source: tuple[Any, Any], boxes: tuple[Any, Any]) -> None:
    """Fills a tab's blank boxes with the paper of another tab when the tab is opened."""
    tab.select(fn=None, js=_TAKE_OVER, inputs=[*source, *boxes], outputs=list(boxes), **PRIVATE)


def model_choice(gr: Any, models: tuple[ModelInfo, ...], name: str | None = None) -> Any:
    """Returns a choice of one model, at first the default one, with the categories that it knows."""
    with gr.Column(min_width=200):
        model = gr.Dropdown(presenter.choices(models), value=models[0].name, label="Model", elem_id=name)
        known = gr.HTML(presenter.known_categories(models[0]))
    told = {each.name: presenter.known_categories(each) for each in models}
    model.change(told.get, model, known, show_progress="hidden", **PRIVATE)
    return model


def typed(title: str | None, abstract: str | None, date: str | None = None) -> Paper:
    """Returns the paper that was typed. Raises InvalidInputError for a blank abstract."""
    if not (abstract or "").strip():
        raise InvalidInputError("The abstract is blank. Type or paste its text.")
    return Paper(abstract or "", (title or "").strip(), date=(date or "").strip())


def or_fetched(paper: Paper, fetched: Paper | None) -> Paper:
    """Returns the fetched paper while the boxes still contain it, else the typed one."""
    if fetched is None or (paper.title, paper.abstract.strip()) != (fetched.title, fetched.abstract):
        return paper
    return fetched if paper.date in ("", fetched.date) else paper


# Gradio publishes every event as an address of an API of its own; programs ask the REST API instead.
PRIVATE = {"api_visibility": "private"}
# Done by the browser at once: an answer of the server's would wipe what was typed while it was waited for.
_TAKE_OVER = """(title, abstract, title_there, there) =>
  abstract?.trim() && !there?.trim() ? [title, abstract] : [title_there, there]"""
