"""The controls of a melody: what its score says, and how it is shaped."""

from __future__ import annotations

from pipelines.controls import Choice, Control, Prompt, Seed, Slider
from pipelines.latents import LatentSpace
from pipelines.music.grid import BARS, KEYS, METRES, MODES
from pipelines.shaping import sliders
from pipelines.sound import PROGRAMS

__all__ = ["OCTAVES", "TEMPOS", "setting", "shaping_controls", "song_controls", "tempo"]

LONGEST = 600
"""Characters of the longest melody as text, and more."""
TEMPOS = (30, 240)
"""Slowest and fastest, quarter notes a minute."""
OCTAVES = 2
"""How many octaves a melody may be moved, each way."""


def setting(name: str, label: str, options: tuple[str, ...], default: str, doc: str) -> Choice:
    """A choice that stands in the score, and moves nothing in the latent space."""
    return Choice(
        name=name,
        label=label,
        options=options,
        default=default,
        group="kind",
        relocates=False,
        doc=doc,
    )


def tempo(default: int) -> Slider:
    """How fast."""
    return Slider(
        name="tempo",
        label="Tempo",
        default=default,
        minimum=TEMPOS[0],
        maximum=TEMPOS[1],
        step=1,
        whole=True,
        unit="bpm",
        group="kind",
        doc="Quarter notes a minute.",
    )


def song_controls() -> tuple[Control, ...]:
    """What stands in the score; of this the network hears only metre, bars and mode."""
    bars, players = tuple(map(str, BARS)), tuple(PROGRAMS)
    return (
        setting("key", "Key", KEYS, "D", "The keynote, and with the mode the key signature."),
        setting("mode", "Mode", MODES, "major", "Which scale stands on the keynote."),
        setting("time_signature", "Metre", tuple(METRES), "4/4", "How a bar is counted."),
        setting("num_bars", "Bars", bars, bars[-1], "How many bars the melody has."),
        setting(
            "instrument", "Instrument", players, "flute", "Who plays it (General MIDI program)."
        ),
        tempo(110),
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
