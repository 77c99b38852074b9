"""Named API endpoints beside each model's own: find a picture or a tune, and add works up.

Both take and give plain values, so that a script or an MCP client can do what the page does.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, TypedDict

from pipelines.errors import DuetError, ExportError
from pipelines.image import framing
from pipelines.inverting import Search, closeness, inverter_of
from pipelines.pipeline import Instrument
from pipelines.request import Request
from pipelines.run import never
from studio.binding import Rendered, rendered
from studio.house import House
from studio.routes_bring import added

__all__ = ["Brought", "Hummed", "expose", "find", "hear", "picture_of"]


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


class Hummed(TypedDict):
    """What a melody that was brought becomes.

    Attributes:
        work: The melody as the model says it.
        distance: From the melody, see `pipelines.inverting.Found`.
        closeness: That in a word.
        tempo: Quarter notes a minute, as counted.
        bars: Of the whole melody.
    """

    work: Rendered
    distance: float
    closeness: str
    tempo: int
    bars: int


def hear(
    house: House, instrument: Instrument, recording: str, body: dict[str, int | str | None]
) -> Hummed:
    """Hear a recording or MIDI, and find its melody.

    Args:
        house: Whose models.
        instrument: A model of melodies.
        recording: The file in base64.
        body: See `studio.bodies_bring.Count`.

    Raises:
        DuetError: For what holds no melody, and for values out of range.
    """
    from studio.bodies_bring import Count
    from studio.bringing_tunes import counted, heard_in
    from studio.calls import checked

    count = checked(Count, json.dumps(body).encode())
    told = counted(house, instrument, heard_in(bytes_of(recording), "recording"), count)
    return Hummed(
        work=rendered(house, Request.from_dict(told["seen"]["request"])),
        distance=told["distance"],
        closeness=told["closeness"],
        tempo=told["tempo"],
        bars=told["bars"],
    )


def bytes_of(text: str) -> bytes:
    """A file in base64, with or without ``data:...;base64,`` before it; empty for what is none."""
    try:
        return base64.b64decode(text.rsplit(",", 1)[-1], validate=True)
    except (binascii.Error, ValueError):
        return b""


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
    if instrument.card.medium == "music":
        _expose_ear(house, instrument.card.id)
    else:
        _expose_eye(house, instrument.card.id)
    _expose_sums(house, instrument.card.id)


def _expose_ear(house: House, name: str) -> None:
    import gradio as gr

    def from_tune(
        recording: str, tempo: int = 0, time_signature: str = "4/4", start: int = 0
    ) -> Hummed:
        body = {"tempo": tempo or None, "time_signature": time_signature, "start": start}
        try:
            return hear(house, house.shelf.instrument(name), recording, body)
        except DuetError as error:
            raise gr.Error(str(error), print_exception=False) from error

    gr.api(
        from_tune,
        api_name=f"{name}_from_tune",
        api_description="Hear a recording of one line, or MIDI (base64), as the model says it.",
        concurrency_limit=1,
    )


def _expose_eye(house: House, name: str) -> None:
    import gradio as gr

    def from_picture(
        image: str, match: bool = True, steps: int = 60, seed: int = 0, pull: float = 1.0
    ) -> Brought:
        values: dict[str, Any] = {"match": match, "steps": steps, "seed": seed, "pull": pull}
        try:
            return find(house, house.shelf.instrument(name), image, **values)
        except DuetError as error:
            raise gr.Error(str(error), print_exception=False) from error

    gr.api(
        from_picture,
        api_name=f"{name}_from_picture",
        api_description="Find a picture (base64) in the model; the best likeness it has.",
        concurrency_limit=1,
    )


def _expose_sums(house: House, name: str) -> None:
    import gradio as gr

    def arithmetic(a: dict[str, Any], b: dict[str, Any], minus: dict[str, Any]) -> Rendered:
        try:
            return rendered(house, added(house, [a, b, minus]))
        except DuetError as error:
            raise gr.Error(str(error), print_exception=False) from error

    gr.api(
        arithmetic,
        api_name=f"{name}_arithmetic",
        api_description="This + that - the other: recipes in, the work at a + b - minus out.",
        concurrency_limit=4,
    )
