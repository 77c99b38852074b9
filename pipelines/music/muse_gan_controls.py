"""The controls of four bars of four voices: what their score says, and how they are shaped."""

from __future__ import annotations

from pipelines.controls import Control, Seed, Slider
from pipelines.latents import LatentSpace
from pipelines.music.chorale_grid import MODE_NAMES
from pipelines.music.grid import KEYS
from pipelines.music.melody_controls import setting, tempo
from pipelines.shaping import sliders
from pipelines.sound import PROGRAMS

__all__ = ["muse_controls"]


def muse_controls(space: LatentSpace) -> tuple[Control, ...]:
    """All of them; of what stands in the score the network hears only the mode."""
    return (
        setting("key", "Key", KEYS, "G", "The keynote, and with the mode the key signature."),
        setting("mode", "Mode", MODE_NAMES, "major", "Whether its third is major or minor."),
        setting("instrument", "Instrument", tuple(PROGRAMS), "strings", "Who plays the voices."),
        tempo(76),
        Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
        *sliders(space),
        Slider(
            name="temperature",
            label="Daring",
            default=0.0,
            minimum=0.0,
            maximum=1.5,
            doc="How unlikely a note may be; 0 takes the likeliest each time (temperature).",
        ),
    )
