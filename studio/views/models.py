"""Models: what each makes and what it was made from, how a GAN learns, and training one's own.

`assets/js/models.js`, `assets/js/lesson.js` and `assets/js/own.js` fill them.
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
    others = '<section id="lesson" hidden></section><section id="own" hidden></section>'
    gr.HTML(models + others, elem_id="models-root", apply_default_css=False, padding=False)
