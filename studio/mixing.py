"""The mixer: what tracks come to together, and keeping a mix."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipelines.mix import Mix
from pipelines.request import Request
from studio import encoding
from studio.attachments import hold
from studio.house import House
from studio.library import Keep, Parent, Work
from studio.persons import Person
from studio.plans import works_of

if TYPE_CHECKING:
    from symusic.core import ScoreTick

__all__ = ["keep", "told"]


USUAL = 120.0


def told(house: House, tracks: list[dict[str, Any]], tempo: float | None) -> dict[str, Any]:
    """What a mix of these tracks is: tempo, length, and how each track comes into its key.

    Raises:
        DuetError: For tracks that cannot be played together.
    """
    from pipelines.music.mixing import check_sound, in_key, length_of
    from pipelines.scores import TICKS, beat_of, tempo_of

    mix = Mix.from_dict({"tracks": tracks, "tempo": USUAL if tempo is None else tempo})
    scores = [work.data for work in works_of(house, mix.requests, "fast")]
    check_sound(mix.requests, scores)
    if tempo is None:
        mix = replace(mix, tempo=round(tempo_of(scores[0]), 2))
    ticks = length_of(mix, scores)
    return {
        "mix": mix.to_dict(),
        "ticks": ticks,
        "seconds": ticks / TICKS * 60 / mix.tempo,
        "beats": ticks / beat_of(scores[0]),
        "tracks": [
            {"in_key": in_key(score, scores[0]), "drums": _drums(score)} for score in scores
        ],
    }


def _drums(score: ScoreTick) -> bool:
    return all(track.is_drum for track in score.tracks if track.notes)


def keep(house: House, person: Person, mix: Mix) -> Work:
    """Put a mix into the library: its plate, with the recipe inside.

    Raises:
        DuetError: If it cannot be rendered or kept.
    """
    from pipelines.music.mix_files import mix_file, plate_of
    from pipelines.music.mixing import length_of
    from pipelines.plans import fingerprint_of

    works = works_of(house, mix.requests)
    length_of(mix, [work.data for work in works])
    recipe = mix.to_json()
    hold(house, person, json.loads(recipe))
    first = works[0]
    return house.library.keep(
        person,
        Keep(
            request=first.request.to_json(),
            timeline=recipe,
            medium=first.medium,
            model=first.request.pipeline,
            original=mix_file(mix, works, "png"),
            original_mime="image/png",
            thumbnail=encoding.thumbnail(plate_of(works)),
            thumbnail_mime="image/webp",
            fingerprint=fingerprint_of(works) or "",
            weights=first.request.weights.base,
            label=f"Mix {len(works)}",
            words="mix 混音",
            parents=tuple(_parent(house, person, request) for request in mix.requests),
        ),
    )


def _parent(house: House, person: Person, request: Request) -> Parent:
    """The kept work of a recipe, or the recipe itself."""
    recipe = request.to_json()
    work = house.library.kept(person, recipe)
    return Parent("film", request=recipe) if work is None else Parent("film", work_id=work.id)
