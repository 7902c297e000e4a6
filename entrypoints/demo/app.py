"""The page: tabs of Gradio components over a backend."""

from typing import Any

from entrypoints.demo.backend import Backend
from entrypoints.demo.batch_tab import BatchTab, Reader
from entrypoints.demo.compare_tab import compare_tab
from entrypoints.demo.fetching import Fetch
from entrypoints.demo.inputs import taken_over
from entrypoints.demo.paper_tab import PaperTab
from entrypoints.demo.similar_tab import similar_tab

_ABOUT = "Which categories a paper belongs in, by its title and abstract: the primary category, cross-lists, and why."
_HEADING = f'<header><h1>arXiv categories</h1><p class="note">{_ABOUT}</p></header>'
_AT_ONCE, _WAITING = 4, 64
# Uploads and downloads are looked through each hour and dropped after a day.
_KEPT = (3600, 86400)


def build(backend: Backend, read: Reader, fetch: Fetch | None = None) -> Any:
    """Returns the page as Gradio's Blocks. `read` gives the papers of an uploaded file, and `fetch` one of arXiv."""
    import gradio as gr

    models = backend.models()
    with gr.Blocks(title="arxiv-classifier", analytics_enabled=False, delete_cache=_KEPT) as page:
        gr.HTML(_HEADING)
        with gr.Tab("Advice"):
            paper = PaperTab(gr, backend, models, fetch)
        with gr.Tab("Batch"):
            BatchTab(gr, backend, models, read)
        with gr.Tab("Compare") as tab:
            boxes = compare_tab(gr, backend, models)
        taken_over(gr, tab, (paper.title, paper.abstract), boxes)
        if backend.has_index():
            with gr.Tab("Similar") as tab:
                boxes = similar_tab(gr, backend)
            taken_over(gr, tab, (paper.title, paper.abstract), boxes)
        paper.open_link(page)
    return page.queue(max_size=_WAITING, default_concurrency_limit=_AT_ONCE)


def theme() -> Any:
    """Returns Gradio's own theme with the system's fonts, so that nothing is fetched, and darker accents.

    Gradio's own accents have a contrast of 2.8 to 1. WCAG 1.4.3 requires 4.5 to 1 for readers with weak eyes.
    """
    import gradio as gr

    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    base = gr.themes.Base(primary_hue="sky", font=sans, font_mono=["ui-monospace", "Consolas", "monospace"])
    button = {"background_fill": "*primary_700", "background_fill_hover": "*primary_800", "text_color": "white"}
    accents = {f"button_primary_{name}{mode}": value for name, value in button.items() for mode in ("", "_dark")}
    return base.set(color_accent="*primary_700", slider_color="*primary_700", **accents)
