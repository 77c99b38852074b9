"""The plain way, to compare with: a slider, torch in inference mode, ``gr.Image``, the queue.

At its best settings: only the newest event of a drag is taken, no progress is drawn, the picture
travels as JPEG, and nothing else is on the page. Same weights, same number of threads.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--control", required=True)
    given = parser.parse_args()

    import gradio as gr

    from pipelines.catalog import Catalog

    instrument = Catalog((Path(given.models),)).load(given.model)
    control = next(one for one in instrument.controls if one.name == given.control)
    low, high = control.minimum, control.maximum  # type: ignore[attr-defined]

    def render(value: float) -> Image:
        request = instrument.request(**{"seed": 7, given.control: value})
        image = instrument.render(request).data  # the reference engine is torch on the CPU
        return image  # type: ignore[return-value]

    render(0.0)
    with gr.Blocks(analytics_enabled=False) as page:
        slider = gr.Slider(low, high, value=0, step=0.01, elem_id="plain-slider")
        picture = gr.Image(format="jpeg", width=512, height=512, elem_id="plain-picture")
        slider.input(render, slider, picture, show_progress="hidden", trigger_mode="always_last")
    _, address, _ = page.launch(
        prevent_thread_lock=True, quiet=True, share=False, ssr_mode=False, footer_links=[]
    )
    print(address, flush=True)
    page.block_thread()


if __name__ == "__main__":
    main()
