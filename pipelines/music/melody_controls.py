"""The controls of a melody: what its score says, and how it is shaped."""

from __future__ import annotations

from pipelines.controls import Choice, Control, Prompt, Seed, Slider
from pipelines.latents import LatentSpace
from pipelines.music.grid import BARS, KEYS, METRES, MODES
from pipelines.shaping import sliders
from pipelines.sound import PROGRAMS

__all__ = ["OCTAVES", "TEMPOS", "shaping_controls", "song_controls"]

LONGEST = 600
"""Characters of the longest melody as text, and more."""
TEMPOS = (30, 240)
"""Slowest and fastest, quarter notes a minute."""
OCTAVES = 2
"""How many octaves a melody may be moved, each way."""


def song_controls() -> tuple[Control, ...]:
    """What stands in the score; of this the network hears only metre, bars and mode."""
    return (
        Choice(
            name="key",
            label="Key",
            options=KEYS,
            default="D",
            group="kind",
            relocates=False,
            doc="The keynote, and with the mode the key signature.",
        ),
        Choice(
            name="mode",
            label="Mode",
            options=MODES,
            default="major",
            group="kind",
            relocates=False,
            doc="Which scale stands on the keynote.",
        ),
        *_counting(),
    )


def _counting() -> tuple[Control, ...]:
    """Metre, bars, who plays, the seed and how fast."""
    return (
        Choice(
            name="time_signature",
            label="Metre",
            options=tuple(METRES),
            default="4/4",
            group="kind",
            relocates=False,
            doc="How a bar is counted.",
        ),
        Choice(
            name="num_bars",
            label="Bars",
            options=tuple(map(str, BARS)),
            default=str(BARS[-1]),
            group="kind",
            relocates=False,
            doc="How many bars the melody has.",
        ),
        Choice(
            name="instrument",
            label="Instrument",
            options=tuple(PROGRAMS),
            default="flute",
            group="kind",
            relocates=False,
            doc="Who plays it (General MIDI program).",
        ),
        Slider(
            name="tempo",
            label="Tempo",
            default=110,
            minimum=TEMPOS[0],
            maximum=TEMPOS[1],
            step=1,
            whole=True,
            unit="bpm",
            group="kind",
            doc="Quarter notes a minute.",
        ),
        Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
        Prompt(
            name="kept_notes",
            label="Kept bars",
            max_length=LONGEST,
            group="hidden",
            follows=("time_signature",),
            doc="Bars that stay, told apart by |, in C: E5:4 r:12 | *; a * is written anew.",
        ),
    )


def shaping_controls(space: LatentSpace) -> tuple[Control, ...]:
    """Directions and adventure, and how freely notes are chosen."""
    return (
        *sliders(space),
        Slider(
            name="temperature",
            label="Daring",
            default=0.0,
            minimum=0.0,
            maximum=1.5,
            doc="How unlikely a note may be; 0 takes the likeliest each time (temperature).",
        ),
        Slider(
            name="octave",
            label="Octave",
            default=0,
            minimum=-OCTAVES,
            maximum=OCTAVES,
            step=1,
            whole=True,
            group="more",
            doc="Moves the melody up or down by octaves.",
        ),
        Choice(
            name="accidentals",
            label="Accidentals",
            options=("none", "free"),
            default="none",
            group="more",
            doc="Whether notes outside the scale may stand.",
        ),
    )
