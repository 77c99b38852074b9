"""Models: what each makes and what it was made from, and how a GAN learns.

`assets/js/models.js` and `assets/js/lesson.js` fill them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument

__all__ = ["models_view"]


def models_view(instrument: Instrument) -> None:
    """Build the view inside the open `gr.Blocks`; ``instrument`` is the one being played."""
    import gradio as gr

    models = f'<section id="models" data-model="{instrument.card.id}"></section>'
    lesson = '<section id="lesson" hidden></section>'
    gr.HTML(models + lesson, elem_id="models-root", apply_default_css=False, padding=False)
