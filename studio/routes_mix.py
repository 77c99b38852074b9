"""The mixer: up to four tunes and drums at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from pipelines.errors import outside
from pipelines.mix import Mix
from pipelines.music.mixing import LONGEST, stem_of
from pipelines.request import Request
from pipelines.scores import TICKS
from studio import bodies_mix as bodies
from studio import describe, keeping, mixing
from studio.calls import Call, answer
from studio.house import House
from studio.plans import works_of
from studio.routes_files import download, file_name
from studio.routes_music import packed, written

if TYPE_CHECKING:
    from symusic.core import ScoreTick

__all__ = ["export", "keep", "stem", "tell"]


async def tell(call: Call) -> Response:
    """The mix that tracks make: tempo, seconds, beats, and each track's way into its key."""
    body = await call.body(bodies.Tracks)
    return answer(await call.work(mixing.told, call.house, body.tracks, body.tempo))


async def stem(call: Call) -> Response:
    """The sound of one track, as long as the mix, before its volume and place."""
    body = await call.body(bodies.Stem)
    score = await call.made(written, call.house, Request.from_dict(body.request))
    return Response(await call.work(_stem, score, body), media_type=body.accept)


def _stem(score: ScoreTick, body: bodies.Stem) -> bytes:
    if body.ticks / TICKS * 60 / body.tempo > LONGEST:
        raise outside("ticks", body.ticks, 1, int(LONGEST * TICKS * body.tempo / 60))
    samples = stem_of(score, transpose=body.transpose, tempo=body.tempo, end=body.ticks)
    return packed(samples, body.accept)


async def export(call: Call) -> Response:
    """A mix as a file to save, without keeping it."""
    body = await call.body(bodies.Export)
    return await call.work(_exported, call.house, Mix.from_dict(body.mix), body.format)


def _exported(house: House, mix: Mix, kind: str) -> Response:
    from pipelines.music.mix_files import FORMATS, mix_file

    data = mix_file(mix, works_of(house, mix.requests), kind)
    return download(data, FORMATS[kind], file_name(f"mix {len(mix.tracks)}", kind))


async def keep(call: Call) -> Response:
    """Keep a mix."""
    body = await call.body(bodies.Mix)
    return answer(await call.work(_kept, call, Mix.from_dict(body.mix)))


def _kept(call: Call, mix: Mix) -> dict[str, Any]:
    work = mixing.keep(call.house, call.person, mix)
    return describe.work(work, partial(keeping.size_of, call.house, call.person))
