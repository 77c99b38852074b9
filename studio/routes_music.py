"""What only tunes have: sound."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from starlette.responses import Response

from pipelines.request import Request
from pipelines.scores import beat_of, end_of, is_score, seconds
from studio import bodies
from studio.calls import Call
from studio.errors import StudioError
from studio.house import House
from studio.tuning import proof

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from symusic.core import ScoreTick

__all__ = ["packed", "side", "sound", "written"]

_PACKING = {"audio/wav": "WAV", "audio/flac": "FLAC"}


async def sound(call: Call) -> Response:
    """A tune, played: what dies away after its end is in the sound, see `pipelines.sound`.

    ``x-duet-seconds`` says how long the tune itself lasts, ``x-duet-beats`` how many beats it has.
    """
    body = await call.body(bodies.Sound)
    return await heard(call, Request.from_dict(body.request), body.accept)


async def side(call: Call) -> Response:
    """One side of a pair of a blind test; like its address, the sound does not say which."""
    which = (call.path["id"], call.number("index", 10**6), call.path["side"])
    request = await call.work(proof.request_of, call.house, call.person, *which)
    return await heard(call, request, "audio/flac")


async def heard(call: Call, request: Request, accept: str) -> Response:
    """A recipe, played."""
    score = await call.made(written, call.house, request)
    data = await call.work(played, score, accept)  # beside live frames, not in their turn
    headers = {
        "x-duet-seconds": f"{seconds(score):.6f}",
        "x-duet-beats": f"{end_of(score) / beat_of(score):g}",
    }
    return Response(data, media_type=accept, headers=headers)


def written(house: House, request: Request) -> ScoreTick:
    """The score of a recipe.

    Raises:
        StudioError: ``no_sound`` for a work of another medium.
    """
    artifact = house.render(request, "fast")
    if not is_score(artifact.data):
        raise StudioError(
            "no_sound",
            name="model",
            value=artifact.request.pipeline,
            rule="not one that makes music",
            remedy="choose a model of music",
        )
    score: ScoreTick = artifact.data
    return score


def played(score: ScoreTick, accept: str) -> bytes:
    """16 bits a sample, packed without loss or not at all.

    Raises:
        ExportError: ``nothing_made`` for a score without a note.
    """
    from pipelines.sound import render

    return packed(render(score), accept)


def packed(samples: NDArray[np.float32], accept: str) -> bytes:
    """Sound, shape [S, 2], as 16 bits a sample."""
    import soundfile

    from pipelines.sound import SAMPLE_RATE

    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, "PCM_16", format=_PACKING[accept])
    return file.getvalue()
