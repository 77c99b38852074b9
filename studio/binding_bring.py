"""Named API endpoints beside each model's own: find a picture, and add works up.

Both take and give plain values, so that a script or an MCP client can do what the page does.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypedDict

from pipelines.errors import DuetError, ExportError
from pipelines.image import framing
from pipelines.inverting import Search, closeness, inverter_of
from pipelines.pipeline import Instrument
from pipelines.run import never
from studio.binding import Rendered, rendered
from studio.house import House
from studio.routes_bring import added

__all__ = ["Brought", "expose", "find", "picture_of"]


class Brought(TypedDict):
    """What a search gives back.

    Attributes:
        work: The work that was found.
        distance: From the picture, see `pipelines.inverting.Found`.
        closeness: That in a word.
        ended: ``done``, or ``not_finite`` for the best before the numbers went astray.
    """

    work: Rendered
    distance: float
    closeness: str
    ended: str


def picture_of(image: str) -> bytes:
    """The bytes of a picture in base64, with or without ``data:...;base64,`` before it.

    Raises:
        ExportError: If it is not base64.
    """
    try:
        return base64.b64decode(image.rsplit(",", 1)[-1], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ExportError(
            "not_a_picture",
            name="image",
            value=image[:12],
            rule="not a PNG, JPEG, WebP or GIF picture in base64",
            remedy="send a picture",
        ) from error


def find(
    house: House,
    instrument: Instrument,
    image: str,
    *,
    match: bool = True,
    steps: int = 60,
    seed: int = 0,
    pull: float = 1.0,
) -> Brought:
    """Crop a picture where something stands out, and find it.

    Raises:
        DuetError: For what is no picture, and for values out of range.
    """
    from PIL import Image

    from pipelines.exports.reading import open_picture
    from studio.bringing import MAX_BYTES

    inverter = inverter_of(instrument)
    search = Search(steps, seed, pull)
    picture = framing.reduced(open_picture(picture_of(image), "image", MAX_BYTES), inverter.paper)
    pixels = framing.cut(picture, framing.stands_out(picture), inverter.side)
    given = Image.fromarray(framing.match(pixels, inverter.paper) if match else pixels)
    *_, last = inverter.encode(given, search, never)
    return Brought(
        work=rendered(house, last.request),
        distance=last.distance,
        closeness=closeness(last.distance),
        ended=last.ended,
    )


def expose(house: House, instrument: Instrument) -> None:
    """Add the endpoints of one model to the page that is being built."""
    import gradio as gr

    name = instrument.card.id

    def from_picture(
        image: str, match: bool = True, steps: int = 60, seed: int = 0, pull: float = 1.0
    ) -> Brought:
        values: dict[str, Any] = {"match": match, "steps": steps, "seed": seed, "pull": pull}
        try:
            return find(house, house.shelf.instrument(name), image, **values)
        except DuetError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def arithmetic(a: dict[str, Any], b: dict[str, Any], minus: dict[str, Any]) -> Rendered:
        try:
            return rendered(house, added(house, [a, b, minus]))
        except DuetError as error:
            raise gr.Error(str(error), print_exception=False) from error

    gr.api(
        from_picture,
        api_name=f"{name}_from_picture",
        api_description="Find a picture (base64) in the model; the best likeness it has.",
        concurrency_limit=1,
    )
    gr.api(
        arithmetic,
        api_name=f"{name}_arithmetic",
        api_description="This + that - the other: recipes in, the work at a + b - minus out.",
        concurrency_limit=4,
    )
