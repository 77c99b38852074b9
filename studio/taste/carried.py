"""What a work of one model says to the taste for another, where no place can be shared.

Attributes of the same name mean the same. Between two media the table of `pipelines.across`, by
which a picture is heard and a tune is painted, says which others do: who likes pictures with much
detail is taken to like dense tunes, as far as nothing else is heard of them. See
docs/how-it-learns.md for what that is worth, and what it costs someone whose tastes differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.across.links import TABLE, Link

__all__ = ["alike", "carried"]


def alike(source: str, target: str) -> tuple[Link, ...]:
    """The lines by which a medium speaks of another: its own, or the other's turned round.

    >>> alike("picture", "verse")[1].target
    'warmth'
    >>> alike("picture", "picture"), alike("drums", "drums")
    ((), ())
    """
    if (source, target) in TABLE:
        return TABLE[source, target]
    back = TABLE.get((target, source), ())
    return tuple(Link(link.target, link.source, link.weight) for link in back)


def carried(
    told: Mapping[str, float], media: tuple[str, str], names: Sequence[str]
) -> NDArray[np.float64]:
    """Attributes of a work as another model's taste hears them.

    Args:
        told: By name, in standard deviations over its own model's works; NaN is not known.
        media: Of its model, and of the other one.
        names: Attributes of the other model, A of them.

    Returns:
        Shape [A]; 0 where the work says nothing.
    """
    found = dict.fromkeys(names, 0.0)
    for link in alike(*media):
        if link.target in found and link.target not in told:
            found[link.target] += link.weight * told.get(link.source, 0.0)
    found |= {name: told[name] for name in names if name in told}
    return np.nan_to_num(np.array([found[name] for name in names], np.float64))
