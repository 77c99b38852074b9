"""The controls of everything that is drawn token by token."""

from __future__ import annotations

from pipelines.controls import Slider

__all__ = ["freedom"]


def freedom(count: int, thing: str, daring: float = 1.0) -> tuple[Slider, Slider, Slider]:
    """Temperature, top_p and top_k.

    Args:
        count: How many tokens there are.
        thing: What a token is to an artist, such as ``word``.
        daring: The temperature to begin with.
    """
    return (
        Slider(
            name="temperature",
            label="Daring",
            default=daring,
            minimum=0.0,
            maximum=1.5,
            doc=f"How unlikely a {thing} may be; 0 takes the likeliest each time (temperature).",
        ),
        Slider(
            name="top_p",
            label=f"Likely {thing}s",
            default=1.0,
            minimum=0.05,
            maximum=1.0,
            doc=f"Among the likeliest {thing}s that hold this share of the chances (top_p).",
        ),
        Slider(
            name="top_k",
            label=f"Choice of {thing}s",
            default=count,
            minimum=1,
            maximum=count,
            step=1,
            whole=True,
            group="more",
            doc=f"Among how many of the likeliest {thing}s one is drawn (top_k).",
        ),
    )
