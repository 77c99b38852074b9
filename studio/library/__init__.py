"""The library: what was kept, how it came about, what the artist felt, where they left off.

    with Library(Path("~/.local/share/duet").expanduser()) as library:
        work = library.keep(LOCAL, Keep(request=..., medium="image", model="pomona", ...))
        page = library.works(LOCAL, "pear yellow", rating=4)

`Library` is the whole of it; the rest are the values that go in and come out.
"""

from studio.library.library import Library
from studio.library.moving import Record
from studio.library.taste_values import Profile, Tile
from studio.library.taught_values import Job, Proof, TaughtSlider, Version
from studio.library.values import (
    Event,
    EventKind,
    Filters,
    Keep,
    Kept,
    Kin,
    Page,
    Parent,
    Role,
    Work,
)

__all__ = [
    "Event",
    "EventKind",
    "Filters",
    "Job",
    "Keep",
    "Kept",
    "Kin",
    "Library",
    "Page",
    "Parent",
    "Profile",
    "Proof",
    "Record",
    "Role",
    "TaughtSlider",
    "Tile",
    "Version",
    "Work",
]
