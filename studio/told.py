"""What an answer says of a work beside its picture: a poem's words, a tune's notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines import sound
from pipelines.music.chorale_keeping import hold_of
from pipelines.scores import bar_of, beat_of, end_of, is_score, seconds
from pipelines.verse.polish_words import places_of

if TYPE_CHECKING:
    from symusic.core import ScoreTick

    from pipelines.artifact import Artifact

__all__ = ["score_told", "told"]


def told(artifact: Artifact) -> dict[str, object]:
    """``text`` of a poem; ``score`` of a tune, with the ``hold`` by which bars of it are held.

    Of a poem that was finished also ``bare``, what it was before, and ``places``: of every line,
    where each of its words stood before.
    """
    if isinstance(artifact.data, str):
        text: dict[str, object] = {"text": artifact.data}
        if not artifact.bare:
            return text
        return text | {"bare": artifact.bare, "places": places_of(artifact.bare, artifact.data)}
    if is_score(artifact.data):
        sound.warm()  # who sees notes will want to hear them
        return {"score": score_told(artifact.data) | {"hold": hold_of(artifact.request)}}
    return {}


def score_told(score: ScoreTick) -> dict[str, object]:
    """A score as plain values; times are in ticks.

    Returns:
        ``beat``, ``bar`` and ``end``, ``seconds`` that it lasts, ``tracks`` with ``name``,
        ``program``, ``drums`` and ``notes`` of [start, length, MIDI pitch, velocity] in time.
    """
    return {
        "beat": beat_of(score),
        "bar": bar_of(score),
        "end": end_of(score),
        "seconds": round(seconds(score), 6),
        "tracks": [
            {
                "name": track.name,
                "program": track.program,
                "drums": track.is_drum,
                "notes": sorted([n.time, n.duration, n.pitch, n.velocity] for n in track.notes),
            }
            for track in score.tracks
        ],
    }
