"""The controls of a chorale: what its score says, what is given, how freely it is drawn."""

from __future__ import annotations

from pipelines.controls import Control, Prompt, Seed
from pipelines.music.chorale_grid import METRE_NAMES, MODE_NAMES, MOST_BARS, vocabulary
from pipelines.music.grid import KEYS
from pipelines.music.melody_controls import setting, tempo
from pipelines.sampling import freedom
from pipelines.sound import PROGRAMS

__all__ = ["BARS", "CADENCES", "DARING", "chorale_controls"]

BARS = (4, 8, 12, MOST_BARS)
CADENCES = ("tonic", "open")
DARING = 0.7
"""Temperature to begin with: beats that are chords, and how many, are then about as in Bach's."""
MELODY, KEPT = 2_000, 8_000
"""Characters of the longest texts: 16 bars of one voice and of four, all in sixteenths."""


def chorale_controls() -> tuple[Control, ...]:
    """All of them; of tempo and instrument the network hears nothing."""
    temperature, top_p, top_k = freedom(len(vocabulary().names), "note", daring=DARING)
    return (
        *_score(),
        tempo(76),
        Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
        *_texts(),
        temperature,
        top_p,
        top_k,
    )


def _score() -> tuple[Control, ...]:
    bars = tuple(map(str, BARS))
    return (
        setting("key", "Key", KEYS, "G", "The keynote, and with the mode the key signature."),
        setting("mode", "Mode", MODE_NAMES, "major", "Whether its third is major or minor."),
        setting("time_signature", "Metre", METRE_NAMES, "4/4", "How a bar is counted."),
        setting("num_bars", "Bars", bars, "8", "How many bars the chorale has."),
        setting("instrument", "Instrument", tuple(PROGRAMS), "strings", "Who plays the voices."),
        setting(
            "cadence",
            "Ending",
            CADENCES,
            "tonic",
            "Whether it closes on the keynote, or breaks off as if it went on.",
        ),
    )


def _texts() -> tuple[Control, ...]:
    return (
        Prompt(
            name="melody",
            label="Melody",
            max_length=MELODY,
            group="more",
            follows=("time_signature",),
            doc="The soprano, in C: E5:4 D5:4 C5:8 | *; what is left out is written.",
        ),
        Prompt(
            name="kept_notes",
            label="Kept bars",
            max_length=KEPT,
            group="hidden",
            follows=("time_signature",),
            doc="Bars of voices that stay, in C, voices told apart by /; a * is written anew.",
        ),
    )
