"""Taste: quick questions, what was learnt, profiles. `assets/js/tasteview.js` fills it."""

from __future__ import annotations

__all__ = ["taste_view"]


def taste_view() -> None:
    """Build the view inside the open `gr.Blocks`."""
    import gradio as gr

    section = '<section id="taste" data-t-label="views.taste"></section>'
    gr.HTML(section, elem_id="taste-root", apply_default_css=False, padding=False)
