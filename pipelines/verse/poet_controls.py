"""Controls that every family of verse has."""

from __future__ import annotations

from pipelines.controls import Control, Slider
from pipelines.sampling import freedom

__all__ = ["chances_of_words"]


def chances_of_words(count: int) -> tuple[Control, ...]:
    """How freely words are drawn; ``count``: of how many tokens."""
    temperature, top_p, top_k = freedom(count, "word", daring=0.8)
    return (
        temperature,
        top_p,
        Slider(
            name="repetition_penalty",
            label="No word twice",
            default=1.0,
            minimum=1.0,
            maximum=2.0,
            doc="How much less likely a word is that stands in the poem (repetition_penalty).",
        ),
        top_k,
        Slider(
            name="min_p",
            label="Least share",
            default=0.0,
            minimum=0.0,
            maximum=1.0,
            group="more",
            doc="Words need this share of the likeliest one's chance (min_p).",
        ),
    )
