"""A tune as the soprano of a chorale, whose other three voices a model then writes.

The line that is heard (`pipelines.music.hearing`) is moved by whole octaves to where sopranos
sing, as near to `MIDDLE` as its reach allows. Key and tempo stay; a mode counts as major or minor
by its third; 6/8 is counted as 3/4, whose bars are as long. A tune shorter than the shortest
chorale is its beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from pipelines.controls import Choice, Prompt, Value
from pipelines.errors import ControlError
from pipelines.music.chorale_grid import reach
from pipelines.music.grid import FIRST, KEYS, LOWEST, transposition
from pipelines.music.hearing import hear
from pipelines.music.keeping import kept_text

if TYPE_CHECKING:
    from symusic.core import ScoreTick

    from pipelines.pipeline import Instrument
    from pipelines.request import Request

__all__ = ["MELODY", "takes_melody", "voices_for"]

MELODY = "melody"
"""The control that other voices are written to."""
MIDDLE = 71
OCTAVE = 12
BRIGHT = frozenset({"major", "mixolydian"})


def takes_melody(instrument: Instrument) -> bool:
    """Whether a model writes voices to a melody."""
    return any(one.name == MELODY and isinstance(one, Prompt) for one in instrument.controls)


def voices_for(
    score: ScoreTick,
    instrument: Instrument,
    *,
    seed: int = 0,
    told: Mapping[str, Value] | None = None,
) -> Request:
    """The recipe of a chorale whose soprano is the top line of a score.

    Args:
        score: A tune that anyone may have made; its first bars are heard.
        instrument: A model for which `takes_melody` holds.
        seed: Of the recipe.
        told: What the tune's own recipe says: its ``key`` and ``mode`` then need not be heard.

    Raises:
        PipelineError: See `pipelines.music.hearing.hear`.
        ControlError: ``no_voices`` for a line that no octave brings within reach, and for a model
            that takes no melody.
    """
    if not takes_melody(instrument):
        raise _refusal("model", instrument.card.id, "not one that writes voices to a melody")
    heard = hear(score)
    tokens = heard.tokens.copy()
    notes = tokens >= FIRST
    key, mode = ((told or {}).get(name, heard.controls[name]) for name in ("key", "mode"))
    tokens[notes] += _from_c(heard.controls["key"]) - _from_c(key)
    pitches = tokens[notes] - FIRST + LOWEST
    low, high = reach(0)[0], reach(0)[-1]
    moves = [
        OCTAVE * by
        for by in range(-4, 5)
        if low <= pitches.min() + OCTAVE * by and pitches.max() + OCTAVE * by <= high
    ]
    if not moves:
        raise _refusal("melody", int(np.ptp(pitches)), "wider than a soprano reaches")
    move = min(moves, key=lambda by: abs(pitches.mean() + by - MIDDLE))
    tokens[notes] += move
    bars = next(one for one in instrument.controls if one.name == "num_bars")
    lengths = bars.options if isinstance(bars, Choice) else ()
    values: dict[str, Value] = {
        "key": key,
        "mode": "major" if mode in BRIGHT else "minor",
        "time_signature": "3/4" if heard.metre == "6/8" else heard.metre,
        "num_bars": next(one for one in lengths if int(one) >= heard.bars),
        "tempo": heard.controls["tempo"],
        MELODY: kept_text(tokens, heard.metre, [True] * heard.bars),
    }
    return instrument.request(seed=seed, **values)


def _from_c(key: Value) -> int:
    """Semitones from C to a key."""
    return transposition(KEYS.index(str(key)))


def _refusal(name: str, value: object, rule: str) -> ControlError:
    return ControlError("no_voices", name=name, value=value, rule=rule, remedy="choose another")
