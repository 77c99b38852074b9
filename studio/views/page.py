"""The page: one `gr.Blocks`, one builder per view.

Views are one `gr.Tabs` whose row of tabs is styled as the left part of the bar. A view that is
not shown stays mounted, so the canvas, the live channel and the selection survive (`main.js`
visits each once, since Gradio mounts a tab when it is first visited). Nothing here calls Python
when it is used: the modules of `assets/js` listen to the components in the browser, since a round
trip through Gradio's queue per slider move would cost more than the picture itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.views.models import models_view
from studio.views.studio import studio_view
from studio.views.taste import taste_view
from studio.views.teach import teach_view
from studio.views.top import BAR, SHEETS
from studio.views.words import word
from studio.views.works import works_view

if TYPE_CHECKING:
    import gradio as gr

    from pipelines.pipeline import Instrument

__all__ = ["build"]


def build(instrument: Instrument) -> gr.Blocks:
    """The page for playing ``instrument``; mount it with the arguments of `dress`.

    Args:
        instrument: Its controls become the sliders; nothing is rendered here.
    """
    import gradio as gr

    with gr.Blocks(title="Duet", analytics_enabled=False, fill_width=True) as page:
        gr.HTML(BAR, elem_id="bar", apply_default_css=False)
        with gr.Tabs(elem_id="views", selected="studio", overflow_behavior="wrap"):
            with gr.Tab(word("views.studio"), id="studio", elem_id="view-studio"):
                studio_view(instrument)
            with gr.Tab(word("views.works"), id="works", elem_id="view-works"):
                works_view()
            with gr.Tab(word("views.taste"), id="taste", elem_id="view-taste"):
                taste_view()
            with gr.Tab(word("views.teach"), id="teach", elem_id="view-teach"):
                teach_view()
            with gr.Tab(word("views.models"), id="models", elem_id="view-models"):
                models_view(instrument)
        gr.HTML("", elem_id="filmstrip", apply_default_css=False)
        gr.HTML(SHEETS, elem_id="sheets", apply_default_css=False)
    return page
