"""Applies the steps of recipes, and remembers works on the way, so that nothing is made twice.

A drag of a finishing slider changes only the steps. What the model made, and what a slow step made
of it, are found again by the recipe as far as it had come.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipelines.artifact import Artifact
from pipelines.finishing.operations import OPERATIONS, Operation, Setting
from pipelines.recent import Recent
from pipelines.run import never

if TYPE_CHECKING:
    from pipelines.engines import Quality
    from pipelines.request import Request, Step
    from pipelines.run import Run

__all__ = ["Finisher", "Stage"]

HELD = 8
"""Works on the way that are remembered; 12 MB each at most."""
STAND_IN = "lanczos-cpu-u8"
"""Engine of a picture that a stand-in had a part in."""


@dataclass(frozen=True)
class Stage:
    """A work on its way.

    Attributes:
        done: How many steps are behind it.
        artifact: The work; its recipe has those steps only.
        kept: Whether it is worth remembering.
    """

    done: int
    artifact: Artifact
    kept: bool


@dataclass(frozen=True)
class Finisher:
    """See the module's docstring.

    Attributes:
        wraps: Whether pictures go on at the opposite edge.
        reads: Of verse: the words that the model has read, in small letters.
    """

    wraps: bool = False
    reads: Collection[str] = ()
    _held: Recent[tuple[str, str], Artifact] = field(
        default_factory=lambda: Recent(HELD), repr=False, compare=False
    )

    def stream(
        self, request: Request, quality: Quality, run: Run, make: Callable[[], Iterator[Artifact]]
    ) -> Iterator[Artifact]:
        """Previews, then the result, all of them finished.

        Args:
            request: The recipe, checked.
            quality: See `pipelines.pipeline.Instrument.stream`.
            run: Says whether a draft will do, and whether anyone still waits.
            make: Begins the work without steps; not called where it is known.

        Raises:
            ControlError: ``too_many_pixels``.
            Interrupted: If nobody waits for the result any more.
        """
        known, way = self.known(request, quality), []
        starts = iter([known]) if known else (Stage(0, made, kept=True) for made in make())
        for start in starts:
            way = self.stages(start, request, draft=run.draft, pause=run.pause)
            yield way[-1].artifact
        self.remember(way, quality)

    def known(self, request: Request, quality: Quality) -> Stage | None:
        """How far a finished work is known: a work with some of the steps of ``request``.

        An exact one is as good while a hand moves; nothing is known of works without steps.
        """
        for done in range(len(request.steps), -1, -1) if request.steps else ():
            name = request.but(steps=request.steps[:done]).sha256
            for made in dict.fromkeys(("reference", quality)):
                artifact = self._held.find((name, made))
                if artifact is not None:
                    return Stage(done, artifact, kept=False)
        return None

    def remember(self, stages: Sequence[Stage], quality: Quality) -> None:
        """Hold the stages that are worth it."""
        for stage in stages:
            if stage.kept:
                self._held.put((stage.artifact.request.sha256, quality), stage.artifact)

    def stages(
        self,
        start: Stage,
        request: Request,
        *,
        draft: bool = False,
        pause: Callable[[], object] = never,
    ) -> list[Stage]:
        """The way from a stage to the finished work, which is the last one.

        Args:
            start: Where to go on from.
            request: The recipe, checked.
            draft: Whether stand-ins will do for slow steps.
            pause: Called between the parts of long work; may raise to end it.

        Raises:
            ControlError: ``too_many_pixels``.
        """
        words = start.artifact.words if isinstance(start.artifact.data, str) else ""
        setting = Setting(
            request.seed,
            self.wraps,
            draft,
            pause,
            controls=request.controls,
            bare=words,
            known=self.reads,
        )
        found = [start]
        for step in request.steps[start.done :]:
            pause()
            here = found[-1]
            operation = OPERATIONS[here.artifact.medium][step.name]
            found.append(self._after(here, step, operation, setting))
        return found

    def _after(self, here: Stage, step: Step, operation: Operation, setting: Setting) -> Stage:
        """The stage one step further."""
        artifact, done = here.artifact, here.done + 1
        request = artifact.request.but(steps=(*artifact.request.steps, step))
        if operation.idle(step.values):
            return Stage(done, replace(artifact, request=request), kept=False)
        data = operation.apply(artifact.data, step.values, setting)
        bare = artifact.words if isinstance(artifact.data, str) else ""
        rough = operation.slow and setting.draft
        engine = STAND_IN if rough else artifact.engine
        made = replace(artifact, data=data, request=request, engine=engine, bare=bare)
        return Stage(done, made, kept=operation.slow and not rough)
