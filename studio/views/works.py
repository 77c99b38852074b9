"""Works: everything that was kept. `assets/js/works.js` fills it."""

from __future__ import annotations

__all__ = ["works_view"]


def works_view() -> None:
    """Build the view inside the open `gr.Blocks`."""
    import gradio as gr

    gr.HTML('<section id="works"></section>', elem_id="works-root")
