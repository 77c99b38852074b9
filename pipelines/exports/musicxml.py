"""Scores as MusicXML, by music21 (Cuthbert and Ariza 2010)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.scores import end_of

if TYPE_CHECKING:
    from symusic.core import ScoreTick, TrackTick

__all__ = ["to_musicxml"]


def to_musicxml(score: ScoreTick, title: str, recipe: str) -> bytes:
    """A score as a MusicXML document; its signatures and tempo are the first ones.

    Args:
        score: Lines without overlapping notes.
        title: Of the work.
        recipe: Text of the miscellaneous field ``duet``.
    """
    from music21 import metadata, stream
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    whole = stream.Score()
    whole.metadata = metadata.Metadata(title=title)
    whole.metadata.addCustom("duet", recipe)
    for track in score.tracks:
        if track.notes:
            whole.insert(0, _part(score, track))
    return bytes(GeneralObjectExporter(whole).parse())


def _part(score: ScoreTick, track: TrackTick) -> Any:  # noqa: ANN401 - music21 has no types
    from fractions import Fraction

    from music21 import instrument, key, meter, note, stream, tempo

    part = stream.Part()
    part.insert(0, instrument.instrumentFromMidiProgram(track.program))
    for signature in list(score.key_signatures)[:1]:
        part.insert(0, key.KeySignature(signature.key))
    for signature in list(score.time_signatures)[:1]:
        part.insert(0, meter.TimeSignature(f"{signature.numerator}/{signature.denominator}"))
    for one in list(score.tempos)[:1]:
        part.insert(0, tempo.MetronomeMark(number=round(60e6 / one.mspq, 3)))

    def quarters(ticks: int) -> Fraction:
        return Fraction(ticks, score.ticks_per_quarter)

    at = 0
    for one in sorted(track.notes, key=lambda x: (x.time, x.pitch)):
        if one.time > at:
            part.insert(quarters(at), note.Rest(quarterLength=quarters(one.time - at)))
        sounded = note.Note(one.pitch, quarterLength=quarters(one.duration))
        sounded.volume.velocity = one.velocity
        part.insert(quarters(one.time), sounded)
        at = max(at, one.time + one.duration)
    if end_of(score) > at:
        part.insert(quarters(at), note.Rest(quarterLength=quarters(end_of(score) - at)))
    return part.makeNotation()
