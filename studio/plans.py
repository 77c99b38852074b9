"""What is made of several works: their renders, and files of a kept one in other formats."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from pipelines import exports
from pipelines.artifact import Artifact
from pipelines.mix import Mix
from pipelines.plans import plan_from_json
from pipelines.request import Request
from pipelines.triptych import Triptych
from studio.house import House

if TYPE_CHECKING:
    from pipelines.engines import Quality

__all__ = ["saved_as", "works_of"]


def saved_as(house: House, text: str, opened: exports.Opened, kind: str) -> tuple[bytes, str]:
    """A plan's file in another format: a film's recipe, a triptych's plate, of a mix any of its.

    Args:
        house: Renders.
        text: The plan, canonical JSON.
        opened: The file that was kept.
        kind: Of `pipelines.exports.FORMATS`, or of those of a mix.

    Raises:
        ExportError: ``unknown_format``.
        PipelineError: For a work that cannot be rendered here.
    """
    plan = plan_from_json(text)
    if isinstance(plan, Mix):
        from pipelines.music.mix_files import FORMATS, mix_file

        return mix_file(plan, works_of(house, plan.requests), kind), FORMATS[kind]
    if not isinstance(plan, Triptych) or kind != "png":
        return exports.encode(opened, kind)
    from pipelines.triptych_film import plate_file

    return plate_file(plan, works_of(house, plan.requests)), exports.FORMATS[kind]


def works_of(
    house: House, requests: Sequence[Request], quality: Quality = "reference"
) -> list[Artifact]:
    """The works of a plan, rendered in turn with others; for threads that may wait.

    Raises:
        PipelineError: For a recipe that cannot be rendered here.
    """
    made = [house.pool.submit("tile", partial(house.render, one, quality)) for one in requests]
    return [one.result() for one in made]
