"""The plain way, to compare with: a slider, torch in inference mode, ``gr.Image``, the queue.

At its best settings: only the newest event of a drag is taken, no progress is drawn, the picture
travels as JPEG, and nothing else is on the page. Same weights; torch takes every core, as our
fast engine does.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.pipeline import Arrays, Network

if TYPE_CHECKING:
    from PIL.Image import Image


class Torch:
    """torch in inference mode, with as many threads as it takes by itself."""

    engine = "torch"
    draft = False
    previews = False

    def __init__(self, network: Network) -> None:
        self._network = network

    def pause(self) -> None:
        """See `pipelines.pipeline.Run`."""

    def __call__(self, network: str, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        """See `pipelines.pipeline.Run`."""
        import torch

        with torch.inference_mode():
            out = self._network.module(torch.from_numpy(inputs["w"])).numpy()
        return {self._network.outputs[0]: out}


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
    paint = Torch(instrument.pipeline.network("painter"))
    control = next(one for one in instrument.controls if one.name == given.control)
    low, high = control.minimum, control.maximum  # type: ignore[attr-defined]

    def render(value: float) -> Image:
        request = instrument.request(**{"seed": 7, given.control: value})
        (artifact,) = instrument.pipeline.generate(request, paint, {})
        return artifact.data  # type: ignore[return-value]

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
