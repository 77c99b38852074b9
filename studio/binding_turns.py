"""The event by which a page asks for a turn of its person's teaching.

A hidden button, not an address of ours: what a Space lends is counted against the person whose
Gradio event it is, and Gradio's own client sends what tells who that is.
"""

from __future__ import annotations

from studio.house import House
from studio.tuning.lending import lent

__all__ = ["BUTTON", "expose"]

BUTTON = "teach-turn"
"""Its id in the page; `assets/js/turns.js` presses it."""


def expose(house: House) -> None:
    """Add the button to the page that is being built, where teaching goes in turns."""
    import gradio as gr

    if not house.settings.turns:
        return
    function = lent()

    def ask(request: gr.Request) -> None:
        house.tuning.turn(request.request.state.person, function)

    ask.__annotations__["request"] = gr.Request  # by which Gradio knows what to give
    button = gr.Button(elem_id=BUTTON, visible="hidden")
    button.click(
        ask, show_progress="hidden", api_visibility="private", concurrency_limit=None, queue=True
    )
