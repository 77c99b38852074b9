"""Control -> component. Every bound, step and default is read from the declaration.

A component is never wired to Python: the browser's modules listen to the native inputs inside it
and send a recipe through the live channel (`assets/js/shape.js`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.controls import Choice, Control, Prompt, Seed, Slider, Toggle
from pipelines.errors import ControlError
from studio.views.icons import icon
from studio.views.words import has, word

if TYPE_CHECKING:
    import gradio as gr

__all__ = ["component", "label_of"]


def label_of(control: Control) -> str | gr.I18nData:
    """The artist's word in the browser's language; the model's own label where we have none."""
    key = f"controls.{control.name}"
    return word(key) if has(key) else control.label


def component(control: Control) -> gr.HTML:
    """The row of a control, inside the open `gr.Blocks`.

    The row is an element with class ``control-row``; the component inside it has the id
    ``control-<name>``. Beside it stand a button to lock it, for a slider the figure (a press on it
    types), for a seed a button to draw another.

    Raises:
        ControlError: For a kind of control that has no widget.
    """
    import gradio as gr

    buttons = _lock(control)
    if isinstance(control, Slider):
        buttons = f'<button class="number" type="button"></button>{buttons}'
    if isinstance(control, Seed):
        buttons += _another(control)
    row = gr.HTML(
        html_template=f"@children{buttons}",
        elem_id="seed" if control.name == "seed" else f"row-{control.name}",
        apply_default_css=False,
        elem_classes=["control-row", f"{type(control).__name__.lower()}-row"],
    )
    with row:
        _input(control)
    return row


def _input(control: Control) -> gr.Component:
    """The bare component."""
    import gradio as gr

    label, name = label_of(control), f"control-{control.name}"
    match control:
        case Slider():
            return gr.Slider(
                control.minimum,
                control.maximum,
                control.start,
                step=control.step,
                label=label,
                elem_id=name,
                interactive=True,
                buttons=[],
            )
        case Choice():
            options = [(_option(option), option) for option in control.options]
            return gr.Radio(
                options, value=control.start, label=label, elem_id=name, interactive=True
            )
        case Toggle():
            return gr.Checkbox(control.default, label=label, elem_id=name, interactive=True)
        case Seed():
            return gr.Number(
                control.default, label=label, elem_id=name, precision=0, interactive=True
            )
        case Prompt():
            return gr.Textbox(
                control.default,
                label=label,
                elem_id=name,
                lines=1,
                max_lines=1,
                max_length=control.max_length,
                interactive=True,
            )
    raise ControlError(
        "no_widget", name=control.name, value=type(control).__name__, rule="without a widget"
    )


def _option(option: str) -> str:
    """Replaced in the browser by the word of its language; a model may bring names of its own."""
    return option.replace("_", " ")


def _lock(control: Control) -> str:
    return (
        f'<button class="lock plain" type="button" aria-pressed="false" '
        f'data-lock="{control.name}">{icon("lock")}</button>'
    )


def _another(control: Control) -> str:
    return (
        f'<button class="draw plain" type="button" data-draw="{control.name}">'
        f"{icon('another')}</button>"
    )
