"""The named API endpoint that finishes a work, whichever model made it."""

from __future__ import annotations

from typing import Any

from pipelines.errors import DuetError
from pipelines.finishing import MAX_STEPS, OPERATIONS
from pipelines.request import Request
from studio.binding import Rendered, rendered
from studio.house import House

__all__ = ["expose", "finished"]


def finished(house: House, recipe: dict[str, Any], steps: list[dict[str, Any]]) -> Rendered:
    """The reference render of a recipe with these steps in place of its own.

    Args:
        house: Renders it.
        recipe: As any endpoint gives it back.
        steps: In order, each ``{"name": ..., "values": {...}}``.

    Raises:
        DuetError: For a recipe or a step that is refused.
    """
    return rendered(house, Request.from_dict({**recipe, "steps": steps}))


def expose(house: House) -> None:
    """Add the endpoint to the page that is being built."""
    import gradio as gr

    def finish(recipe: dict[str, Any], steps: list[dict[str, Any]]) -> Rendered:
        try:
            return finished(house, recipe, steps)
        except DuetError as error:
            raise gr.Error(str(error), print_exception=False) from error

    known = ", ".join(
        f"{one.name} ({', '.join(c.name for c in one.controls)})"
        for one in OPERATIONS["picture"].values()
    )
    gr.api(
        finish,
        api_name="finish",
        api_description=f"Finish a work by up to {MAX_STEPS} steps in order; there are {known}.",
        concurrency_limit=4,
    )
