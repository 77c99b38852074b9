"""What only works in words have: how likely other words are."""

from __future__ import annotations

from starlette.responses import Response

from pipelines.abilities import Wordy
from pipelines.request import Request
from pipelines.verse.script import is_english, simplified
from studio import bodies
from studio.calls import Call, answer
from studio.errors import StudioError
from studio.house import House

__all__ = ["words"]

NUM = 6


async def words(call: Call) -> Response:
    """The likeliest words at a place of a poem."""
    body = await call.body(bodies.Words)
    return answer(await call.made(likely, call.house, body))


def likely(house: House, body: bodies.Words) -> dict[str, object]:
    """See `pipelines.abilities.Wordy`.

    Raises:
        StudioError: ``no_words`` for a model whose works have none.
        ControlError: ``no_such_place``.
    """
    request = Request.from_dict(body.request)
    pipeline = house.instrument_of(request).pipeline
    if not isinstance(pipeline, Wordy):
        raise StudioError(
            "no_words",
            name="model",
            value=request.pipeline,
            rule="not one that writes",
            remedy="choose a model of verse",
        )
    poem = house.render(request, "fast")
    found = pipeline.words_at(poem, body.line, body.place, NUM)
    return {
        "words": [
            {
                "word": word,
                "shown": simplified(word) if poem.bare and not is_english(word) else word,
                "probability": round(p, 4),
            }
            for word, p in found
        ]
    }
