"""Models: what each makes and what it was made from. `assets/js/models.js` fills it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument

__all__ = ["models_view"]


def models_view(instrument: Instrument) -> None:
    """Build the view inside the open `gr.Blocks`; ``instrument`` is the one being played."""
    import gradio as gr

    section = f'<section id="models" data-model="{instrument.card.id}"></section>'
    gr.HTML(section, elem_id="models-root", apply_default_css=False, padding=False)
