"""What can be measured of a melody: the words that its sliders speak of.

With x_t the pitch that sounds at step t (silence left out), p_1 ... p_n the pitches of the notes,
i_k = p_(k+1) - p_k and s_t the strength of a step in its bar (`pipelines.music.grid`):

    density      notes a bar
    pitch        mean of x_t, MIDI
    range        deviation of x_t, semitones
    leaps        mean of |i_k|, semitones
    calm         share of the inner notes at which the line does not turn: i_k i_(k+1) >= 0
    syncopation  sum over notes of max(0, strongest step that it is held over - the step that it
                 begins on), a bar (after Longuet-Higgins and Lee 1984)

A melody without the notes that a word needs has 0 of it (pitch: middle C).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.music.grid import FIRST, HOLD, LOWEST, METRES

__all__ = ["ATTRIBUTES", "measure"]

Floats = NDArray[np.float32]
Tokens = NDArray[np.int64]
ATTRIBUTES = ("density", "pitch", "range", "syncopation", "leaps", "calm")
MIDDLE = 60.0


def measure(tokens: Tokens, metre: str) -> dict[str, Floats]:
    """Every attribute of every melody.

    Args:
        tokens: Whole bars, shape [N, T].
        metre: Name in `METRES`.

    Returns:
        By name, in the order of `ATTRIBUTES`: shape [N].
    """
    strengths = METRES[metre].strengths
    bars = tokens.shape[1] // len(strengths)
    sounds, total, squares = (np.zeros(len(tokens)) for _ in range(3))
    count, leaps, pairs, turns, inner, held = (np.zeros(len(tokens)) for _ in range(6))
    now, last, moved = (np.full(len(tokens), np.nan) for _ in range(3))
    begun, most = np.zeros(len(tokens)), np.zeros(len(tokens))
    for t in range(tokens.shape[1]):
        token, strength = tokens[:, t], float(strengths[t % len(strengths)])
        onset, event = token >= FIRST, token != HOLD
        held += np.where(event, most, 0.0)
        most = np.where(event, 0.0, np.where(np.isnan(now), 0.0, np.fmax(most, strength - begun)))
        begun = np.where(onset, strength, begun)
        pitch = LOWEST + token - FIRST
        step = np.where(onset, pitch - last, np.nan)
        leaps += np.nan_to_num(np.abs(step))
        pairs += ~np.isnan(step)
        product = step * moved
        inner += ~np.isnan(product)
        turns += np.nan_to_num(product, nan=0.0) < 0
        moved = np.where(onset, step, moved)
        last = np.where(onset, pitch, last)
        now = np.where(onset, pitch, np.where(event, np.nan, now))
        count += onset
        sounds += ~np.isnan(now)
        total += np.nan_to_num(now)
        squares += np.nan_to_num(now) ** 2
    held += most
    mean = total / np.maximum(sounds, 1)
    found = {
        "density": count / bars,
        "pitch": np.where(sounds > 0, mean, MIDDLE),
        "range": np.sqrt(np.maximum(squares / np.maximum(sounds, 1) - mean**2, 0.0)),
        "syncopation": held / bars,
        "leaps": leaps / np.maximum(pairs, 1),
        "calm": np.where(inner > 0, 1.0 - turns / np.maximum(inner, 1), 0.0),
    }
    return {name: found[name].astype(np.float32) for name in ATTRIBUTES}
