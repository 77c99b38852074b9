"""From one medium to another: a picture is heard, a tune is painted, a poem is set to music.

told = reading_of(pear, atlas)                 what a work says, in standard deviations
work = carry(told, ceilidh, links_of("picture", "music"), seed=pear.request.seed)
again = ceilidh.render(work.request)
"""

from pipelines.across.carrying import Carried, Crossing, carry, takes
from pipelines.across.links import TABLE, Link, links_of
from pipelines.across.reading import Reading, reading_of

__all__ = [
    "TABLE",
    "Carried",
    "Crossing",
    "Link",
    "Reading",
    "carry",
    "links_of",
    "reading_of",
    "takes",
]
