"""Whether a recipe is one that a model can replay."""

from __future__ import annotations

from pipelines.errors import RequestError, WeightsError
from pipelines.latents import SAMPLER
from pipelines.request import Request, Weights

__all__ = ["check_origin"]


def check_origin(request: Request, model: str, weights: Weights) -> None:
    """Refuse a recipe of another model, or of what this one does not have.

    Args:
        request: The recipe.
        model: Id of the model.
        weights: Its own.

    Raises:
        RequestError: ``unknown_model``, ``unknown_sampler``, or ``unknown_steps`` for a taste.
        WeightsError: ``unknown_weights``.
    """
    if request.pipeline != model:
        raise RequestError(
            "unknown_model",
            name="pipeline",
            value=request.pipeline,
            rule="not a model that is here",
            remedy="get the model, or open the picture only",
        )
    if request.weights != weights:
        raise WeightsError(
            "unknown_weights",
            name="weights",
            value=request.weights.base[:12],
            rule=f"not the weights that are here ({weights.base[:12]})",
            remedy="get that version of the model",
        )
    if request.sampler != SAMPLER:
        raise RequestError(
            "unknown_sampler",
            name="sampler",
            value=request.sampler,
            rule=f"not {SAMPLER}",
            remedy="open it with a newer Duet",
        )
    if request.taste:
        raise RequestError(
            "unknown_steps",
            name="taste",
            rule="not something this model can do",
            remedy="open it with a newer Duet",
        )
