"""Teach: a slider, the model, and what became of it. `assets/js/teach.js` fills it."""

from __future__ import annotations

__all__ = ["teach_view"]


def teach_view() -> None:
    """Build the view inside the open `gr.Blocks`."""
    import gradio as gr

    section = '<section id="teach" data-t-label="views.teach"></section>'
    gr.HTML(section, elem_id="teach-root", apply_default_css=False, padding=False)
