"""The table of links: what of a work in one medium asks for what in another.

A quality is a word that both a work and a model can be told by: an attribute that is measured
(`pipelines.media`), or ``mode`` and ``tempo`` of a tune, or the ``words`` of a poem. The table of
a tune that is painted is that of a picture that is heard, read backwards; so are those of drums.
That warm and light colours go with major and quick tunes, and dark ones with minor and slow, is
what people find (Palmer et al. 2013, https://doi.org/10.1073/pnas.1212562110); the rest is taste,
to be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.errors import ControlError, outside

__all__ = ["STRONGEST", "TABLE", "WORDS", "Link", "links_of"]

STRONGEST = 2.0
"""Largest weight of a link."""
WORDS = "words"
"""The quality of a poem that is no number."""


@dataclass(frozen=True)
class Link:
    """One line of the table.

    Attributes:
        source: Quality of the work that is there.
        target: Quality of the work to be made.
        weight: Standard deviations of the target for one of the source, -2 to 2; below 0 more of
            the one asks for less of the other, and 0 switches the line off.

    Raises:
        ControlError: For a weight out of range.
    """

    source: str
    target: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a weight that is out of range."""
        if not -STRONGEST <= self.weight <= STRONGEST:
            raise outside("weight", self.weight, -STRONGEST, STRONGEST)


_HEARD = (
    Link("warmth", "mode"),
    Link("lightness", "pitch"),
    Link("saturation", "tempo"),
    Link("detail", "density"),
    Link("contrast", "syncopation", 0.8),
    Link("size", "range", 0.8),
    Link("roundness", "calm"),
    Link("hue_spread", "leaps", 0.8),
)
_DRUMMED = (
    Link("saturation", "tempo"),
    Link("detail", "density"),
    Link("contrast", "backbeat"),
    Link("hue_spread", "hats", 0.8),
    Link("size", "kick", 0.8),
    Link("roundness", "ghosts", 0.8),
)
_BEATEN = (
    Link("tempo", "tempo"),
    Link("density", "density"),
    Link("syncopation", "ghosts", 0.8),
    Link("calm", "hats", -0.8),
    Link("range", "kick", 0.8),
)


def _backwards(links: tuple[Link, ...]) -> tuple[Link, ...]:
    return tuple(Link(link.target, link.source, link.weight) for link in links)


TABLE: Mapping[tuple[str, str], tuple[Link, ...]] = {
    ("picture", "music"): _HEARD,
    ("music", "picture"): _backwards(_HEARD),
    ("picture", "drums"): _DRUMMED,
    ("drums", "picture"): _backwards(_DRUMMED),
    ("music", "drums"): _BEATEN,
    ("drums", "music"): _backwards(_BEATEN),
    ("verse", "picture"): (
        Link(WORDS, WORDS),
        Link("warmth", "warmth"),
        Link("lightness", "lightness"),
        Link("mood", "saturation"),
        Link("landscape", "detail", 0.8),
        Link("people", "size", 0.8),
        Link("repetition", "roundness", 0.8),
    ),
    ("verse", "music"): (
        Link("mood", "mode"),
        Link("lightness", "pitch"),
        Link("warmth", "tempo"),
        Link("landscape", "range", 0.8),
        Link("people", "density", 0.8),
        Link("repetition", "calm", 0.8),
    ),
    ("verse", "drums"): (
        Link("warmth", "tempo"),
        Link("people", "density"),
        Link("repetition", "backbeat"),
        Link("mood", "hats", 0.8),
        Link("landscape", "ghosts", 0.8),
    ),
}
"""By medium of the work that is there and of the one to be made."""


def links_of(source: str, target: str) -> tuple[Link, ...]:
    """The table's lines from one medium to another.

    Raises:
        ControlError: ``no_way_across`` where there are none.

    >>> links_of("picture", "music")[0]
    Link(source='warmth', target='mode', weight=1.0)
    """
    if (source, target) not in TABLE:
        raise ControlError(
            "no_way_across",
            name="medium",
            value=f"{source} > {target}",
            rule="not a way from one medium to another",
            remedy="choose a model of another medium",
        )
    return TABLE[source, target]
