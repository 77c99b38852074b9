"""The controls of a dance tune: what its score says, what stays, how freely it is drawn."""

from __future__ import annotations

from pipelines.controls import Choice, Control, Prompt, Seed
from pipelines.music.grid import KEYS, MODES
from pipelines.music.melody_controls import setting, tempo
from pipelines.music.tune_grid import BARS, DANCES, NUM_EVENTS
from pipelines.sampling import freedom
from pipelines.sound import PROGRAMS

__all__ = ["CADENCES", "DARING", "tune_controls"]

CADENCES = ("tonic", "open")
DARING = 0.8
"""Temperature to begin with."""
KEPT = 2_000
"""Characters of the longest text: 16 bars in sixteenths."""


def tune_controls() -> tuple[Control, ...]:
    """All of them; of key, tempo and instrument the network hears nothing."""
    temperature, top_p, top_k = freedom(NUM_EVENTS, "note", daring=DARING)
    bars = tuple(map(str, BARS))
    return (
        setting("dance", "Dance", tuple(DANCES), "jig", "What is danced to it, and its metre."),
        setting("mode", "Mode", MODES, "major", "Which scale stands on the keynote."),
        setting("key", "Key", KEYS, "D", "The keynote, and with the mode the key signature."),
        setting("num_bars", "Bars", bars, bars[-1], "How many bars the tune has."),
        setting(
            "instrument",
            "Instrument",
            tuple(PROGRAMS),
            "violin",
            "Who plays it (General MIDI program).",
        ),
        setting(
            "cadence",
            "Ending",
            CADENCES,
            "tonic",
            "Whether it closes on the keynote, or breaks off as if it went on.",
        ),
        tempo(160),
        Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
        Prompt(
            name="kept_notes",
            label="Kept bars",
            max_length=KEPT,
            group="hidden",
            follows=("dance",),
            doc="Bars that stay, told apart by |, in C: E5:4 r:8 | *; a * is written anew.",
        ),
        temperature,
        top_p,
        Choice(
            name="accidentals",
            label="Accidentals",
            options=("free", "none"),
            default="free",
            group="more",
            doc="Whether notes outside the scale may stand.",
        ),
        top_k,
    )
