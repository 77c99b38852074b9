"""A `Mix` played: every work at one tempo and for one length, then all of them at once.

    samples = mixed(mix, stems_of(mix, scores))

The mix is as long as its longest work; what is shorter begins again as often as it takes, and
stops where the longest ends. It is played once and laid down as often as it sounds, each time with
what dies away after it, so that a short tune in a long mix is heard as soon as alone. A stem is as
loud as any other (`pipelines.sound.LOUDNESS`), so that volumes compare; the whole is brought to
that loudness again. Panning is that of the Web Audio API (W3C 2021, StereoPannerNode with stereo
input), so that a file stands where it stood in the browser.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines import sound
from pipelines.errors import ControlError, ExportError, outside
from pipelines.mix import Mix
from pipelines.request import Request
from pipelines.scores import END, TICKS, end_of, is_score

if TYPE_CHECKING:
    from symusic.core import ScoreTick, TrackTick

__all__ = [
    "LONGEST",
    "check_sound",
    "in_key",
    "laid_out",
    "length_of",
    "mixed",
    "panned",
    "score_of",
    "stem_of",
    "stems_of",
]

Samples = NDArray[np.float32]
LONGEST = 180.0
"""Seconds of the longest mix."""
FIFTH, OCTAVE, TRITONE = 7, 12, 6
MOST_PITCH = 127
VOLUME, PAN = 7, 10
"""Controllers of MIDI."""
UNITY, CENTRE, FULL = 100, 64, 127
"""Their values for 0 dB, the middle, and as far as they go; v is 40 log10(v / UNITY) dB."""


def check_sound(requests: Sequence[Request], works: Sequence[object]) -> None:
    """Refuse what makes no sound.

    Args:
        requests: Recipes.
        works: What came of them: `Artifact.data`.

    Raises:
        ControlError: ``no_sound``.
    """
    for work, request in zip(works, requests, strict=True):
        if not is_score(work):
            raise ControlError(
                "no_sound",
                name="tracks",
                value=request.pipeline,
                rule="not one that makes music",
                remedy="choose a tune or drums",
            )


def length_of(mix: Mix, scores: Sequence[ScoreTick]) -> int:
    """How long a mix is, in ticks.

    Args:
        mix: The recipe.
        scores: Of its works, in order.

    Raises:
        ControlError: ``no_sound`` for a work that is none, or a mix over `LONGEST` seconds.
    """
    check_sound(mix.requests, scores)
    ticks = max(end_of(score) for score in scores)
    lasts = ticks / TICKS * 60 / mix.tempo
    if lasts > LONGEST:
        raise outside("seconds", round(lasts, 1), 0, LONGEST)
    return ticks


def in_key(score: ScoreTick, first: ScoreTick) -> int:
    """Semitones, -6 to 5, by which a score comes into the key of another, or its relative one.

    Drums, and what says no key, stay as they are.
    """
    keys = [one.key_signatures[0].key for one in (first, score) if one.key_signatures]
    if len(keys) < len((first, score)):
        return 0
    return int(FIFTH * (keys[0] - keys[1]) + TRITONE) % OCTAVE - TRITONE


def laid_out(mix: Mix, scores: Sequence[ScoreTick]) -> list[ScoreTick]:
    """What each track plays from the beginning of the mix to its end.

    Args:
        mix: The recipe.
        scores: Of its works, in order.

    Returns:
        Scores of one length, at the mix's tempo, transposed.

    Raises:
        ControlError: See `length_of`.
    """
    end = length_of(mix, scores)
    return [
        _laid(score, track.transpose, mix.tempo, end)
        for score, track in zip(scores, mix.tracks, strict=True)
    ]


def stem_of(score: ScoreTick, *, transpose: int, tempo: float, end: int) -> Samples:
    """The sound of one track from the beginning of a mix to its end, before volume and pan.

    Args:
        score: Its work.
        transpose: Semitones.
        tempo: Quarter notes a minute.
        end: Of the mix, ticks.

    Returns:
        Samples in [-1, 1], shape [(seconds of the mix + `pipelines.sound.TAIL`) 48,000, 2].

    Raises:
        ExportError: ``nothing_made`` for a work without a note.
    """
    length = end_of(score)
    once = sound.played(_laid(score, transpose, tempo, min(length, end)))
    a_tick = 60 / tempo / TICKS * sound.SAMPLE_RATE
    whole = np.zeros((round(end * a_tick + sound.TAIL * sound.SAMPLE_RATE), 2), np.float32)
    for start in range(0, end, length):
        part = once
        if start and start + length > end:
            part = sound.played(_laid(score, transpose, tempo, end - start))
        at = round(start * a_tick)
        whole[at : at + len(part)] += part[: len(whole) - at]
    return sound.levelled(whole)


def stems_of(mix: Mix, scores: Sequence[ScoreTick]) -> list[Samples]:
    """The stems of all its tracks; see `stem_of`.

    Raises:
        ControlError: See `length_of`.
        ExportError: See `stem_of`.
    """
    end = length_of(mix, scores)
    return [
        stem_of(score, transpose=track.transpose, tempo=mix.tempo, end=end)
        for score, track in zip(scores, mix.tracks, strict=True)
    ]


def _laid(score: ScoreTick, transpose: int, tempo: float, end: int) -> ScoreTick:
    from symusic import Score, Tempo, TextMeta, TimeSignature

    laid = Score(TICKS)
    laid.tempos.append(Tempo(0, qpm=tempo))
    first = score.time_signatures[0] if score.time_signatures else TimeSignature(0, 4, 4)
    laid.time_signatures.append(TimeSignature(0, first.numerator, first.denominator))
    for track in score.tracks:
        if track.notes:
            laid.tracks.append(_repeated(track, transpose, end_of(score), end))
    laid.markers.append(TextMeta(end, END))
    return laid


def _repeated(track: TrackTick, transpose: int, length: int, end: int) -> TrackTick:
    """A track of ``length`` ticks played until ``end``."""
    from symusic import Note, Track

    up = 0 if track.is_drum else transpose
    again = Track(track.name, track.program, track.is_drum)
    for start in range(0, end, length):
        for note in track.notes:
            at = start + note.time
            if at < end:
                lasts = min(note.duration, end - at)
                again.notes.append(Note(at, lasts, _within(note.pitch + up), note.velocity))
    return again


def _within(pitch: int) -> int:
    """The pitch in the octave nearest to it that MIDI has."""
    if pitch < 0:
        return pitch + OCTAVE
    return pitch - OCTAVE if pitch > MOST_PITCH else pitch


def panned(samples: Samples, pan: float) -> Samples:
    """Stereo sound moved to one side; the other side's share comes along.

    Args:
        samples: Shape [S, 2].
        pan: -1, all of it left, to 1, all of it right.
    """
    left, right = samples[:, 0], samples[:, 1]
    angle = (pan + 1 if pan <= 0 else pan) * math.pi / 2
    cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    both = (left + right * cos, right * sin) if pan <= 0 else (left * cos, right + left * sin)
    return np.stack(both, axis=1)


def mixed(mix: Mix, stems: Sequence[Samples]) -> Samples:
    """All that is heard of a mix, at one loudness.

    Args:
        mix: The recipe.
        stems: Of its tracks, in order, of equal shape [S, 2].

    Returns:
        Samples in [-1, 1], shape [S, 2].

    Raises:
        ExportError: ``all_muted``.
    """
    whole = np.zeros_like(stems[0])
    for stem, track, heard in zip(stems, mix.tracks, mix.heard, strict=True):
        if heard:
            whole += panned(stem, track.pan) * np.float32(10 ** (track.volume / 20))
    if not any(mix.heard):
        raise ExportError(
            "all_muted",
            name="tracks",
            value=len(mix.tracks),
            rule="all muted",
            remedy="let one be heard",
        )
    return sound.levelled(whole)


def score_of(mix: Mix, scores: Sequence[ScoreTick]) -> ScoreTick:
    """The whole mix as one score: volume and place of a track are controllers 7 and 10.

    What is not heard is there too, at volume 0; above +4 dB MIDI has no more.

    Args:
        mix: The recipe.
        scores: Of its works, in order.

    Raises:
        ControlError: See `length_of`.
    """
    from symusic import ControlChange

    laid = laid_out(mix, scores)
    whole = laid[0].copy()
    whole.tracks.clear()
    for score, track, heard in zip(laid, mix.tracks, mix.heard, strict=True):
        volume = min(FULL, round(UNITY * 10 ** (track.volume / 40))) if heard else 0
        place = round(CENTRE + (FULL - CENTRE) * track.pan) if track.pan else CENTRE
        for part in score.tracks:
            part.name = track.request.pipeline
            part.controls.append(ControlChange(0, VOLUME, volume))
            part.controls.append(ControlChange(0, PAN, max(0, place)))
            whole.tracks.append(part)
    return whole
