"""Component values <-> recipes, and one named API endpoint for each model.

Values travel by control name. Gradio hands an endpoint its arguments by position, so the
endpoint's signature is built from the controls and the names are put back at once, strictly.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np

from pipelines.controls import Choice, Control, Prompt, Seed, Slider, Toggle
from pipelines.errors import DuetError, LatentError
from pipelines.inverting import Invertible
from pipelines.pipeline import Instrument
from pipelines.plates import picture_of
from pipelines.request import Point, Request
from studio import encoding
from studio.house import House

__all__ = [
    "Rendered",
    "bounds",
    "endpoint",
    "expose",
    "from_w",
    "hint",
    "rendered",
    "request_of",
    "signature",
]

Function = Callable[..., "Rendered"]


class Rendered(TypedDict):
    """What an endpoint gives back.

    Attributes:
        image: The reference render, a PNG as a data URI.
        fingerprint: sha256 of its pixels.
        engine: What rendered it.
        recipe: The request; opening it restores every slider.
        text: Of verse, the poem; the picture is its plate.
    """

    image: str
    fingerprint: str
    engine: str
    recipe: dict[str, Any]
    text: NotRequired[str]


def hint(control: Control) -> Any:  # noqa: ANN401 - a type
    """The Python type of a control's value."""
    match control:
        case Choice():
            return Literal[control.options]
        case Toggle():
            return bool
        case Prompt():
            return str
        case Seed() | Slider(whole=True):
            return int
        case _:
            return float


def bounds(control: Control) -> dict[str, Any]:
    """What a control accepts and means, in the words of JSON Schema."""
    known: dict[str, Any] = {"description": control.doc, "default": control.start}
    match control:
        case Slider():
            known |= {"minimum": control.minimum, "maximum": control.maximum}
        case Seed():
            known |= {"minimum": 0, "maximum": 2**32 - 1}
        case Prompt():
            known["maxLength"] = control.max_length
    return known


def signature(instrument: Instrument) -> inspect.Signature:
    """One parameter a control: its name, type and default."""
    parameters = [
        inspect.Parameter(
            control.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=control.start,
            annotation=hint(control),
        )
        for control in instrument.controls
    ]
    return inspect.Signature(parameters, return_annotation=Rendered)


def request_of(instrument: Instrument, values: Mapping[str, object]) -> Request:
    """The recipe with these control values.

    Raises:
        ControlError: For an unknown name or a refused value.
    """
    return instrument.request(**values)


def from_w(instrument: Instrument, w: list[float]) -> Request:
    """The recipe that renders exactly the latent ``w``.

    Args:
        instrument: The model.
        w: Either the whole latent, flattened, coarse to fine, or one layer's for all layers.

    Raises:
        LatentError: For another length, or values that are not finite numbers.
    """
    shape = instrument.latent_space.shape
    whole, layer = int(np.prod(shape)), int(np.prod(shape[1:]))
    try:
        array = np.asarray(w, dtype=np.float32)
    except (TypeError, ValueError, OverflowError):
        array = np.zeros(0, np.float32)
    if array.ndim != 1 or array.size not in (whole, layer):
        raise LatentError(
            "wrong_shape",
            name="w",
            value=array.shape,
            rule=f"not {whole} or {layer} numbers",
            remedy="send w of every layer, flattened",
        )
    if not np.isfinite(array).all():
        raise LatentError("not_finite", name="w", rule="not finite", remedy="send finite numbers")
    latent = np.broadcast_to(array.reshape(-1, *shape[1:]), shape).astype(np.float32)
    return instrument.request().but(point=Point.of(latent))


def rendered(house: House, request: Request) -> Rendered:
    """The reference render of a recipe, in turn with everyone else's."""
    artifact = house.pool.submit("live", lambda: house.render(request)).result()
    told = Rendered(
        image=encoding.data_uri(encoding.png(picture_of(artifact)), "image/png"),
        fingerprint=artifact.fingerprint,
        engine=artifact.engine,
        recipe=artifact.request.to_dict(),
    )
    if isinstance(artifact.data, str):
        told["text"] = artifact.data
    return told


def endpoint(house: House, instrument: Instrument) -> Function:
    """The function behind a model's endpoint; its parameters are the model's controls."""
    name, names = instrument.card.id, [control.name for control in instrument.controls]

    def call(*arguments: object) -> Rendered:
        values = dict(zip(names, arguments, strict=True))
        return rendered(house, request_of(house.shelf.instrument(name), values))

    return _named(call, name, signature(instrument))


def w_endpoint(house: House, instrument: Instrument) -> Function:
    """The function behind a model's raw latent endpoint."""
    name = instrument.card.id

    def call(w: list[float]) -> Rendered:
        return rendered(house, from_w(house.shelf.instrument(name), w))

    parameter = inspect.Parameter(
        "w", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=list[float]
    )
    made = inspect.Signature([parameter], return_annotation=Rendered)
    return _named(call, f"{name}_from_w", made)


def _named(function: Function, name: str, made: inspect.Signature) -> Function:
    """``function`` with that name and signature; our errors become Gradio's, which it shows."""
    import gradio as gr

    def call(*arguments: object) -> Rendered:
        try:
            return function(*arguments)
        except DuetError as error:
            raise gr.Error(str(error), print_exception=False) from error

    call.__name__ = name
    call.__signature__ = made  # type: ignore[attr-defined]
    call.__annotations__ = {p.name: p.annotation for p in made.parameters.values()}
    call.__annotations__["return"] = made.return_annotation
    return call


def expose(house: House) -> None:
    """Add the endpoints of every model to the page that is being built."""
    import gradio as gr

    from studio.binding_bring import expose as bring  # they need what stands above
    from studio.binding_finish import expose as finish
    from studio.own.owners import visible

    finish(house)

    for card in visible(house, None, house.shelf.cards()):
        instrument = house.shelf.look(card.id)
        told = gr.api(
            endpoint(house, instrument),
            api_name=card.id,
            api_description=f"{card.title.get('en', card.id)}: render one work.",
            concurrency_limit=4,
        )
        # gr.api derives types from the signature; bounds are only in the control.
        inputs = gr.context.Context.root_block.fns[told["id"]].inputs if told else []
        for control, component in zip(instrument.controls, inputs, strict=True):
            component._api_info = {**component._api_info, **bounds(control)}
        if instrument.pipeline.latent_space is not None:
            gr.api(
                w_endpoint(house, instrument),
                api_name=f"{card.id}_from_w",
                api_description="Render a latent: all layers flattened, or one layer for all.",
                concurrency_limit=4,
            )
        if isinstance(instrument.pipeline, Invertible):
            bring(house, instrument)
