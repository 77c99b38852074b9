"""Notes out of what a network hears in every frame of a sound.

The rules are those of Basic Pitch (Bittner et al. 2022, "A Lightweight Instrument-Agnostic Model
for Polyphonic Note Transcription and Multipitch Estimation", https://arxiv.org/abs/2203.09893;
Apache-2.0, Spotify), written anew, with y_n the note posterior, y_o the onset posterior::

    o = max(y_o, c min_(d = 1, 2) max(0, y_n[t] - y_n[t - d]))    onsets that y_o missed
    a note begins at every peak of o over `ONSET`, and lasts while y_n stays over `FRAME`
    what is left of y_n over `FRAME` is a note without an onset    the strongest first

A melody is one line: of notes that sound together the overtones of a stronger one are left out
(`HARMONICS`), then the highest is heard, as in a skyline (Uitdenbogerd and Zobel 1999). A voice
trembles, and every turn of its pitch looks like an onset; so a note of the same pitch as the one
before it begins only where the sound sinks and comes back (`DIP`), or is struck (`STRUCK`,
`CERTAIN`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["BINS", "LOWEST", "Tone", "joined", "line_of", "tones_of"]

Frames = NDArray[np.float32]
BINS, LOWEST = 88, 21
"""Semitones that are told apart, and the MIDI pitch of the first of them."""
ONSET, FRAME = 0.5, 0.3
"""Posteriors over which something begins, and goes on."""
SHORTEST = 9
"""Frames of the shortest note."""
GAP = 11
"""Frames that a note may fall under `FRAME` for."""
HARMONICS = (12, 19, 24, 28, 31, 34, 36, 38, 40)
"""Semitones from a tone to its overtones."""
FAINT, HIGH = 0.85, 24
"""An overtone is at most this share as strong as its tone, unless it is farther above."""
DIP, STRUCK, CERTAIN = 0.6, 1.25, 0.85
"""Loudness between two notes of one pitch, as a share of both; of the second, of what was; and the
onset posterior over which there is no doubt."""
SWELL = 12
"""Frames in which a note may swell."""
AROUND, BESIDE = 5, 10
"""Frames to either side of an onset in which loudness sinks, and where it is compared."""


@dataclass(frozen=True)
class Tone:
    """A note that was heard.

    Attributes:
        start: Frame that it begins in.
        end: First frame after it.
        pitch: MIDI pitch.
        strength: Mean note posterior, 0 to 1: how sure it is.
        onset: Onset posterior where it begins.
    """

    start: int
    end: int
    pitch: int
    strength: float
    onset: float


def tones_of(notes: Frames, onsets: Frames) -> list[Tone]:
    """Every note that is heard, by its beginning.

    Args:
        notes: Posterior y_n, shape [frames, BINS].
        onsets: Posterior y_o, shape [frames, BINS].
    """
    left = notes.copy()
    found = [*_begun(notes, onsets, left), *_unbegun(notes, onsets, left)]
    return sorted(found, key=lambda one: (one.start, -one.pitch))


def _begun(notes: Frames, onsets: Frames, left: Frames) -> Iterator[Tone]:
    """Notes with an onset, last to first, so that none runs into the next; ``left`` loses them."""
    begun = _onsets(notes, onsets)
    inner = begun[1:-1]
    peaks = (inner > begun[:-2]) & (inner > begun[2:]) & (inner >= ONSET)
    times, bins = np.nonzero(peaks)
    for start, row in zip(times[::-1] + 1, bins[::-1], strict=True):
        end = _until(left[:, row], int(start), len(notes) - 1, 1)
        if end - start > SHORTEST:
            _take(left, int(start), end, int(row))
            yield _tone(notes, onsets, int(start), end, int(row))


def _onsets(notes: Frames, onsets: Frames) -> Frames:
    """The onset posterior with what rises in the note posterior; see the module."""
    rises = np.zeros_like(notes)
    if len(notes) > 2:  # noqa: PLR2004 - frames of the farther difference
        rises[2:] = np.minimum(notes[2:] - notes[1:-1], notes[2:] - notes[:-2]).clip(0)
    most = rises.max(initial=0.0)
    scaled = rises * (onsets.max(initial=0.0) / most) if most > 0 else rises
    return np.maximum(onsets, scaled)


def _unbegun(notes: Frames, onsets: Frames, left: Frames) -> Iterator[Tone]:
    """Notes without an onset, out of what is left."""
    while left.size:
        middle, row = np.unravel_index(int(left.argmax()), left.shape)
        if left[middle, row] <= FRAME:
            return
        last = len(notes) - 1
        end = _until(left[:, row], int(middle), last, 1)
        start = _until(left[:, row], int(middle), 0, -1) + 1
        _take(left, max(0, start - GAP), min(last + 1, end + GAP), int(row))
        if end - start > SHORTEST:
            yield _tone(notes, onsets, start, end, int(row))


def _until(row: Frames, at: int, last: int, step: int) -> int:
    """The first frame from ``at`` on that is under `FRAME` for good, before ``last``."""
    below = 0
    at += step
    while (last - at) * step > 0 and below < GAP:
        below = below + 1 if row[at] < FRAME else 0
        at += step
    return at - step * below


def _take(left: Frames, start: int, end: int, row: int) -> None:
    left[start:end, max(0, row - 1) : row + 2] = 0


def _tone(notes: Frames, onsets: Frames, start: int, end: int, row: int) -> Tone:
    begun = onsets[max(0, start - 1) : start + 2, row].max()
    return Tone(start, end, LOWEST + row, float(notes[start:end, row].mean()), float(begun))


def line_of(tones: Sequence[Tone]) -> list[Tone]:
    """One line of the notes that were heard, without overlaps, in time."""
    kept = [one for one in tones if not any(_overtone(one, other) for other in tones)]
    line: list[Tone] = []
    for one in sorted(kept, key=lambda tone: (tone.start, -tone.pitch)):
        if not line or line[-1].end <= one.start:
            line.append(one)
        elif one.pitch > line[-1].pitch or one.end > line[-1].end:
            before = line.pop()
            if one.start - before.start > SHORTEST // 2:
                line.append(replace(before, end=one.start))
            line.append(one)
    return line


def _overtone(one: Tone, other: Tone) -> bool:
    """Whether ``one`` is but an overtone of the other, most of the time that it sounds."""
    together = min(one.end, other.end) - max(one.start, other.start)
    above = one.pitch - other.pitch
    return (
        above in HARMONICS
        and (above > HIGH or one.strength <= FAINT * other.strength)
        and 2 * together >= one.end - one.start
    )


def joined(line: Sequence[Tone], loud: Frames) -> list[Tone]:
    """A line in which what is but one note that trembles is one.

    Args:
        line: Without overlaps, in time.
        loud: Loudness of every frame, shape [frames].
    """
    smooth = np.convolve(np.pad(loud, (1, 2), "edge"), np.full(4, 0.25), "valid")
    told: list[Tone] = []
    for one in line:
        last = told[-1] if told else None
        if last and one.pitch == last.pitch and _goes_on(last, one, smooth):
            share = (last.end - last.start) / (one.end - last.start)
            strength = share * last.strength + (1 - share) * one.strength
            told[-1] = replace(last, end=one.end, strength=strength)
        else:
            told.append(one)
    return told


def _goes_on(last: Tone, one: Tone, loud: NDArray[np.float64]) -> bool:
    """Whether ``one`` is only the note before it going on."""
    if one.start - last.end > GAP or one.onset > CERTAIN:
        return False
    at = one.start
    before = loud[max(last.start, at - BESIDE - AROUND) : at - AROUND]
    after = loud[at + 1 : min(one.end, at + BESIDE + AROUND)]
    middle = loud[max(0, at - AROUND) : at + AROUND]
    if not (len(before) and len(after)):
        return True
    sinks = middle.min() < DIP * min(np.median(before), np.median(after))
    swells = at - last.start < SWELL
    struck = after[:AROUND].max() > STRUCK * loud[max(0, at - 2)]
    return not (sinks or (struck and not swells))
