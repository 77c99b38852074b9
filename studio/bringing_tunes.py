"""Bring your own, of models of music: a hum, any other recording of one line, or a MIDI file.

A recording is heard and forgotten at once: what is held, in memory alone, are its notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.errors import ExportError
from pipelines.exports.music import open_score
from pipelines.inverting import Search, closeness, inverter_of
from pipelines.music.hearing import hear
from pipelines.music.keeping import kept_text
from pipelines.music.listening import transcribe
from pipelines.music.quantising import Beat, beats_of, moved, quantise, window
from pipelines.recordings import is_sound
from pipelines.run import never
from pipelines.scores import bar_of, end_of, tempo_of
from studio.told import told as told_of

if TYPE_CHECKING:
    from symusic.core import ScoreSecond, ScoreTick

    from pipelines.pipeline import Instrument
    from pipelines.request import Request
    from studio.bodies_bring import Count
    from studio.bringing import Brought
    from studio.house import House
    from studio.persons import Person

__all__ = ["MIDDLE", "Heard", "counted", "heard_in", "listened", "told"]

MIDDLE = (66, 86)
"""MIDI pitches between which the middle of a sung melody is moved by octaves: where tunes lie."""
STEPS = 24
"""Steps of the search, see `pipelines.inverting.Search`; most melodies are met by then."""
_MIDI = b"MThd"


@dataclass(frozen=True)
class Heard:
    """A melody that someone brought; one of the two is None.

    Attributes:
        line: Of a recording, in seconds.
        score: Of a MIDI file.
        beats: How fast the line may be.
    """

    line: ScoreSecond | None
    score: ScoreTick | None
    beats: tuple[Beat, ...] = ()


def listened(house: House, person: Person, model: str, data: bytes, name: str) -> Brought[Heard]:
    """Hear a file.

    Raises:
        ExportError: For a file that is no recording and no MIDI, too large, too long or damaged.
        PipelineError: ``recording_silent``, ``no_melody``; ``not_invertible`` for a model that
            takes no melody in.
    """
    inverter_of(house.playing(person, model))
    return house.finds.hold(person, model, heard_in(data, name))


def heard_in(data: bytes, name: str) -> Heard:
    """What is heard in a file; see `listened`."""
    if data.startswith(_MIDI):
        score = open_score(data, name)
        hear(score)  # it says what is wrong with it
        return Heard(None, score)
    if data and not is_sound(data):
        raise ExportError(
            "not_a_tune",
            name=name or "file",
            value="",
            rule="neither a recording (WAV, FLAC, MP3, Ogg, WebM, M4A) nor MIDI",
            remedy="choose a recording or a MIDI file",
        )
    line = transcribe(data, name)
    return Heard(line, None, tuple(beats_of(line)))


def told(brought: Brought[Heard]) -> dict[str, Any]:
    """What was brought, as the page reads it: notes are [start, length, MIDI pitch, how sure]."""
    heard = brought.work
    tracks = heard.line.tracks if heard.line is not None else []
    notes = [
        [round(n.time, 3), round(n.duration, 3), n.pitch, round(n.velocity / 127, 2)]
        for track in tracks
        for n in track.notes
    ]
    return {
        "id": brought.id,
        "source": "score" if heard.line is None else "recording",
        "notes": notes,
        "beats": [{"tempo": one.tempo, "fit": one.fit} for one in heard.beats],
    }


def counted(house: House, instrument: Instrument, heard: Heard, body: Count) -> dict[str, Any]:
    """The melody in bars, and how the model says it; both are recipes that can be played.

    Raises:
        ControlError: For a place outside of the melody, or a metre that the model has not.
        PipelineError: For a window without a note.
    """
    whole, values = _barred(heard, body)
    octaves = 0
    if heard.line is not None:
        whole, octaves = moved(whole, *MIDDLE)
    part = window(whole, body.start)
    melody = hear(part)
    with house.finds.turn:  # one search at a time, as of pictures
        *_, found = inverter_of(instrument).encode(part, Search(STEPS), never)
    kept = kept_text(melody.tokens, melody.metre, [True] * melody.bars)
    given = instrument.change(found.request, kept_notes=kept)
    return {
        **values,
        "start": body.start,
        "bars": -(-end_of(whole) // bar_of(whole)),
        "num_bars": melody.bars,
        "octaves": octaves,
        "given": _shown(house, given),
        "seen": _shown(house, found.request),
        "distance": round(found.distance, 3),
        "closeness": closeness(found.distance),
    }


def _barred(heard: Heard, body: Count) -> tuple[ScoreTick, dict[str, Any]]:
    """The whole melody in bars, and how it was counted."""
    if heard.line is None:
        score = heard.score
        metre = hear(score).metre
        return score, {"tempo": round(tempo_of(score)), "time_signature": metre, "first": 0}
    tempo = body.tempo or heard.beats[0].tempo
    made = quantise(heard.line, tempo, body.time_signature, body.first)
    return made.score, {
        "tempo": tempo,
        "time_signature": body.time_signature,
        "first": made.first,
    }


def _shown(house: House, request: Request) -> dict[str, Any]:
    artifact = house.render(request, "fast")
    return {"request": request.to_dict(), **told_of(artifact)}
