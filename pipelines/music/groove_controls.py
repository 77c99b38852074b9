"""The controls of a drum pattern: what its score says, how it is played, and how it is shaped."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.controls import Control, Seed, Slider
from pipelines.latents import LatentSpace
from pipelines.music.melody_controls import setting, tempo
from pipelines.shaping import sliders

__all__ = ["ANY", "BARS", "groove_controls"]

ANY = "any"
"""Option of ``style`` that tells the network none."""
BARS = ("1", "2", "4")


def groove_controls(styles: Sequence[str], space: LatentSpace) -> tuple[Control, ...]:
    """All of them; of these the network hears only the style."""
    return (
        setting("style", "Style", (ANY, *styles), ANY, "What the pattern is played for."),
        setting("num_bars", "Bars", BARS, "2", "How many bars the pattern has."),
        tempo(104),
        Slider(
            name="swing",
            label="Swing",
            default=50,
            minimum=50,
            maximum=75,
            step=1,
            whole=True,
            unit="%",
            group="kind",
            doc="How late the second of two sixteenths comes; 66 is a shuffle.",
        ),
        Slider(
            name="humanise",
            label="Human hand",
            default=0.25,
            minimum=0.0,
            maximum=1.0,
            doc="How far strokes are early or late, harder or softer, as a hand's are (humanise).",
        ),
        Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
        *sliders(space),
        Slider(
            name="temperature",
            label="Daring",
            default=0.0,
            minimum=0.0,
            maximum=1.5,
            doc="How unlikely a stroke may be; 0 takes the likeliest each time (temperature).",
        ),
    )
