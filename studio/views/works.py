"""Works: everything that was kept. `assets/js/works.js` fills it."""

from __future__ import annotations

__all__ = ["works_view"]


def works_view() -> None:
    """Build the view inside the open `gr.Blocks`."""
    import gradio as gr

    section = '<section id="works" data-t-label="views.works"></section>'
    gr.HTML(section, elem_id="works-root", apply_default_css=False, padding=False)
