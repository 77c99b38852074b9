"""The Studio: the stage, what lies near it, and the sliders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.views.icons import icon
from studio.widgets import component

if TYPE_CHECKING:
    from pipelines.controls import Control
    from pipelines.pipeline import Instrument

__all__ = ["studio_view"]


def _tool(name: str, extra: str = "") -> str:
    return (
        f'<button id="tool-{name}" class="tool" type="button" data-t-title="tips.{name}" {extra}>'
        f'{icon(name)}<span data-t="tools.{name}"></span></button>'
    )


STAGE = f"""
<div id="mat">
  <div id="frame"><canvas id="live-canvas" role="img" data-seq="0" data-state="idle"
    data-t-label="stage.canvas"></canvas><div id="fault" hidden></div></div>
  <div id="slot-scrub" hidden></div>
  <p id="plate"></p>
</div>
<div id="toolbar" role="toolbar" data-t-label="stage.tools">
  {_tool("another")}{_tool("undo", "disabled")}{_tool("redo", "disabled")}
  {_tool("compare", "disabled")}
  <span id="slot-tools"></span>
  {_tool("save")}
  <button id="favourite" type="button" aria-pressed="false" data-t-label="tools.keep"
    data-t-title="tips.keep">{icon("heart")}</button>
</div>
<p id="hint" role="status" aria-live="polite"></p>
"""

NEIGHBOURS = """
<div id="panel-tabs" class="tabs-row" role="tablist" data-t-label="panels.label">
  <button id="tab-sliders" role="tab" type="button" aria-controls="panel-sliders"
    data-panel="sliders" data-t="panels.sliders"></button>
  <button id="tab-draw" role="tab" type="button" aria-controls="panel-draw"
    data-panel="draw" data-t="panels.draw" hidden></button>
  <button id="tab-brush" role="tab" type="button" aria-controls="panel-brush"
    data-panel="brush" data-t="panels.brush" hidden></button>
  <button id="tab-nearby" role="tab" type="button" aria-controls="panel-nearby"
    data-panel="nearby" data-t="panels.nearby"></button>
  <button id="tab-pad" role="tab" type="button" aria-controls="panel-pad"
    data-panel="pad" data-t="panels.pad"></button>
  <button id="tab-foryou" role="tab" type="button" aria-controls="panel-foryou"
    data-panel="foryou" data-t="panels.foryou"></button>
  <button id="tab-mixer" role="tab" type="button" aria-controls="panel-mixer"
    data-panel="mixer" data-t="mixer.title" hidden></button>
</div>
<div id="slot-neighbours">
  <section id="panel-draw" role="tabpanel" aria-labelledby="tab-draw" hidden></section>
  <section id="panel-brush" role="tabpanel" aria-labelledby="tab-brush" hidden></section>
  <section id="panel-nearby" role="tabpanel" aria-labelledby="tab-nearby"></section>
  <section id="panel-pad" role="tabpanel" aria-labelledby="tab-pad" hidden></section>
  <section id="panel-foryou" role="tabpanel" aria-labelledby="tab-foryou" hidden></section>
  <section id="panel-mixer" role="tabpanel" aria-labelledby="tab-mixer" hidden></section>
</div>
"""

MORE = f"""
<button id="more" type="button" aria-expanded="false" aria-controls="more-sliders">
{icon("caret")}<span data-t="shape.more"></span></button>
"""

FINISH = f"""
<button id="finish" type="button" aria-expanded="false" aria-controls="finish-steps"
  data-t-title="finish.tip">{icon("caret")}<span data-t="finish.title"></span></button>
<span id="finish-set"></span>
<button id="finish-reset" class="quiet" type="button" data-t="finish.reset_all"
  data-t-title="finish.reset_all_tip" hidden></button>
<div id="finish-steps" role="group" data-t-label="finish.title"></div>
"""

FOOT = """
<div id="shape-foot">
  <img id="end-low" alt="" hidden><p id="effect"></p><img id="end-high" alt="" hidden>
</div>
"""


def studio_view(instrument: Instrument) -> None:
    """Build the view inside the open `gr.Blocks`.

    Args:
        instrument: Whose controls are shown; their bounds are read, never written again.
    """
    import gradio as gr

    by_group: dict[str, list[Control]] = {"kind": [], "seed": [], "main": [], "more": []}
    for control in instrument.controls:
        if control.group in by_group:
            by_group[control.group].append(control)
    gr.HTML(STAGE, elem_id="stage", apply_default_css=False)
    gr.HTML(NEIGHBOURS, elem_id="neighbours", apply_default_css=False)
    with gr.Column(elem_id="panel-sliders"):
        gr.HTML('<h2 data-t="shape.title"></h2>', elem_id="shape-title", apply_default_css=False)
        with gr.Column(elem_id="shape-list"):
            for control in (*by_group["kind"], *by_group["seed"], *by_group["main"]):
                component(control)
            gr.HTML(MORE, elem_id="more-row", apply_default_css=False)
            with gr.Column(elem_id="more-sliders"):
                for control in by_group["more"]:
                    component(control)
            gr.HTML(FINISH, elem_id="finish-row", apply_default_css=False)
        gr.HTML(FOOT, elem_id="foot", apply_default_css=False)
