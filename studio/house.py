"""What one server holds: settings, library, models, engines and the threads that render."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.catalog import Catalog
from pipelines.engines import Engines
from pipelines.errors import ControlError
from pipelines.pipeline import Instrument
from pipelines.request import Request
from studio.attachments import Files
from studio.library import Library
from studio.persons import Mode, Person, load_secret, mode_for
from studio.rendering import Pool
from studio.settings import Settings
from studio.shelf import Shelf

if TYPE_CHECKING:
    from pipelines.artifact import Artifact
    from pipelines.engines import Quality
    from studio.bringing import Finds
    from studio.dataset.jobs import Datasets
    from studio.filming import Films
    from studio.lessons import Lessons
    from studio.own.albums import Albums
    from studio.taste.minds import Minds
    from studio.tuning.queue import Tuning

__all__ = ["House", "opened"]

VERSION = "0.1.0"
PAGE = 4.0
"""Seconds in which a page that is opened at once has its first picture."""
log = logging.getLogger(__name__)


@dataclass
class House:
    """See the module's docstring. One for each server; nothing in it is global.

    Attributes:
        settings: How it was started.
        library: Works, feedback and sessions.
        shelf: Models.
        pool: Renders, live frames first.
        mode: How persons are told apart.
        secret: Signs their cookies.
        attachments: Files that recipes name.
        closing: Called, last one first, when the server ends.
        sizes: Width and height by the sha256 of a file, found once.
        connections: Pages that are open on the live channel.
    """

    settings: Settings
    library: Library
    shelf: Shelf
    pool: Pool
    mode: Mode
    secret: bytes
    attachments: Files
    version: str = VERSION
    films: Films = field(init=False)
    minds: Minds = field(init=False)
    tuning: Tuning = field(init=False)
    datasets: Datasets = field(init=False)
    finds: Finds = field(init=False)
    lessons: Lessons = field(init=False)
    albums: Albums = field(init=False)
    closing: list[Callable[[], None]] = field(default_factory=list)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    connections: int = 0

    def __post_init__(self) -> None:
        """Make room for all that goes on beside rendering; it stops when the house closes."""
        from studio.bringing import Finds
        from studio.dataset.jobs import Datasets
        from studio.filming import Films  # these need the class above
        from studio.lessons import Lessons
        from studio.own.albums import Albums
        from studio.taste.minds import Minds
        from studio.tuning.queue import Tuning

        self.films, self.minds, self.tuning = Films(self), Minds(self), Tuning(self)
        self.datasets, self.finds, self.lessons = Datasets(self), Finds(self), Lessons(self)
        self.albums = Albums(self)
        self.closing += [self.films.close, self.minds.close, self.tuning.close]
        self.closing += [self.datasets.close, self.finds.close, self.lessons.close]
        self.closing.append(self.albums.close)

    def instrument_of(self, request: Request) -> Instrument:
        """The model that a recipe asks for.

        Raises:
            WeightsError: If it is not here.
        """
        return self.shelf.instrument(request.pipeline, request.weights.base)

    def versions(self, person: Person, name: str) -> list[str]:
        """Weights of a model that a person can play: the original's, then those they taught."""
        return [self.shelf.weights(name), *(one.id for one in self.library.versions(person, name))]

    def playing(self, person: Person, name: str) -> Instrument:
        """The version of a model that a person plays: the original until they choose another.

        Raises:
            WeightsError: ``no_model`` for an unknown id.
        """
        return self.shelf.instrument(name, self.library.playing(person, name))

    def together(self, requests: Sequence[Request]) -> tuple[Instrument, list[Request]]:
        """Recipes as one model paints them: the version that the first one names.

        A recipe of another version becomes its place in the space they share, with its sliders at
        rest. All are checked.

        Raises:
            ControlError: ``two_models`` for recipes of several models.
            PipelineError: For a recipe that cannot be rendered here.
        """
        other = next((r for r in requests if r.pipeline != requests[0].pipeline), None)
        if other is not None:
            raise ControlError(
                "two_models",
                name="model",
                value=other.pipeline,
                rule=f"not {requests[0].pipeline}, like the first work's",
                remedy="choose works of one model",
            )
        first = self.instrument_of(requests[0])
        found = []
        for request in requests:
            own = self.instrument_of(request)
            checked = own.check(request)
            if own is not first:
                placed = own.pipeline.place(checked)
                checked = own.pipeline.bake(checked, placed).but(weights=first.pipeline.weights)
            found.append(first.check(checked))
        return first, found

    def render(self, request: Request, quality: Quality = "reference") -> Artifact:
        """Render a recipe here and now; what is kept and exported is always the reference."""
        return self.instrument_of(request).render(request, quality=quality)

    def warm(self) -> None:
        """Render once, and a little later have the fast engine compiled in the background.

        A page that is opened at once loads beside it, and should not have to share.
        """
        try:
            first = self.shelf.first()
            first.render(first.request(), quality="reference")
            time.sleep(PAGE)
            first.render(first.request(), quality="fast")
        except Exception:  # torch goes on serving
            log.exception("the fast engine could not be warmed")

    def close(self) -> None:
        """Stop rendering and let go of the library."""
        while self.closing:
            self.closing.pop()()
        self.pool.close()
        self.library.close()


def opened(settings: Settings) -> House:
    """Open the library and look for models; nothing heavy is loaded yet.

    Raises:
        LibraryError: If the library cannot be opened.
    """
    library = Library(settings.library)
    attachments = Files(library)
    engines = Engines(device=settings.device, cache=settings.library / "cache" / "graphs")
    return House(
        settings=settings,
        library=library,
        shelf=Shelf(Catalog(settings.models, settings.library / "versions", attachments), engines),
        pool=Pool(),
        mode=mode_for(settings.host),
        secret=load_secret(settings.library),
        attachments=attachments,
    )
