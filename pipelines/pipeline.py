"""What a model family is, and what `catalog.load` returns.

A family implements `Pipeline`: its card, its controls, its latent space and `generate`. It runs
its networks through the `Run` it is handed, so that it knows neither engine nor device.
`Instrument` wraps any pipeline and alone owns defaults, validation and the choice of engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pipelines.abilities import Lettered, Seamless
from pipelines.artifact import Artifact, Medium
from pipelines.attachments import Attached, Attachment, Attachments, Memory, check_inputs
from pipelines.controls import Control, Slider, Value, check_values, defaults
from pipelines.errors import LatentError, RequestError
from pipelines.finishing import Finisher, check_steps
from pipelines.latents import LatentSpace
from pipelines.origin import check_origin
from pipelines.request import Offset, Request, Weights
from pipelines.run import Arrays, Network, Run, never

if TYPE_CHECKING:
    from pipelines.engines import Engines, Quality

__all__ = [
    "SHELVES",
    "Arrays",
    "Card",
    "Instrument",
    "Network",
    "Pipeline",
    "Run",
]

SHELVES = ("classics",)
"""Headings that a page may put models under."""

FAR = 10.0
"""Largest offset along a direction that the model has no slider for, in steps."""


@dataclass(frozen=True)
class Card:
    """What a model says about itself.

    Attributes:
        id: Name of its folder.
        title: What it makes, in the artist's words, by language.
        medium: Kind of work.
        family: Name of its family in the catalog.
        version: Of these weights.
        licence: SPDX id of the weights.
        credit: Whom the data's licence asks to name.
        text: The card itself, Markdown.
        bundled: Shipped with Duet.
        order: Its place among the models; the page opens with the first.
        shelf: Of `SHELVES`: a heading that it stands under; empty for none.
    """

    id: str
    title: Mapping[str, str]
    medium: Medium
    family: str
    version: str
    licence: str
    credit: str
    text: str = ""
    bundled: bool = True
    order: int = 100
    shelf: str = ""


@runtime_checkable
class Pipeline(Protocol):
    """One model family with one set of weights. Pure: nothing here changes after loading."""

    @property
    def card(self) -> Card:
        """What it says about itself."""

    @property
    def weights(self) -> Weights:
        """Digests that recipes carry."""

    @property
    def controls(self) -> tuple[Control, ...]:
        """Every control, in the order a page shows them."""

    @property
    def inputs(self) -> tuple[Attachment, ...]:
        """Files that it accepts beside its controls; most families none."""

    @property
    def latent_space(self) -> LatentSpace | None:
        """None for a family without one."""

    def network(self, name: str) -> Network:
        """The network called ``name`` by `generate`."""

    def networks(self) -> tuple[str, ...]:
        """Names of all networks."""

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """Previews, then the result as the last one; ``attached`` has the request's inputs."""

    def locate(self, request: Request) -> NDArray[np.float32]:
        """The latent before controls act on it, shape of the latent space."""

    def place(self, request: Request) -> NDArray[np.float32]:
        """The latent that is rendered, after truncation and directions."""

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """What the seed decides: values of controls that were left to it."""

    def bake(self, request: Request, latent: NDArray[np.float32]) -> Request:
        """A recipe that renders exactly ``latent``, with every slider at rest."""


@dataclass(frozen=True)
class Instrument:
    """A pipeline that is ready to play.

    Attributes:
        pipeline: The family with its weights.
        engines: Run its networks.
        attachments: Where the files that recipes name are found.
    """

    pipeline: Pipeline
    engines: Engines = field(repr=False)
    attachments: Attachments = field(default_factory=Memory, repr=False)

    @property
    def card(self) -> Card:
        """See `Card`."""
        return self.pipeline.card

    @property
    def controls(self) -> tuple[Control, ...]:
        """Every control, in the order a page shows them."""
        return self.pipeline.controls

    @cached_property
    def finisher(self) -> Finisher:
        """Applies the steps of recipes to what the pipeline makes."""
        return Finisher(
            wraps=isinstance(self.pipeline, Seamless) and self.pipeline.seamless,
            reads=self.pipeline.spellings if isinstance(self.pipeline, Lettered) else (),
        )

    @property
    def latent_space(self) -> LatentSpace:
        """The latent space.

        Raises:
            LatentError: If the family has none.
        """
        space = self.pipeline.latent_space
        if space is None:
            raise LatentError(
                "no_latent_space", name=self.card.id, rule="without a latent space", remedy=""
            )
        return space

    def request(self, **values: object) -> Request:
        """A recipe with these control values, and defaults and first examples for the rest.

        Raises:
            ControlError: For an unknown name, a wrong type, or a value out of range.
        """
        examples = {one.name: one.examples[0] for one in self.pipeline.inputs if one.examples}
        fresh = self.attach(Request(self.card.id, self.pipeline.weights), **examples)
        return self.change(fresh, **values)

    def change(self, request: Request, **values: object) -> Request:
        """``request`` with some control values replaced.

        Raises:
            ControlError: See `request`.
        """
        checked = check_values(self.controls, values)
        by_name = {control.name: control for control in self.controls}
        offsets = {offset.id: offset for offset in request.directions}
        plain = dict(request.controls)
        seed = request.seed
        for name, value in checked.items():
            control = by_name[name]
            if name == "seed":
                seed = int(value)
            elif control.direction is not None:
                offsets[control.direction] = Offset(control.direction, float(value), name=name)
            else:
                plain[name] = value
        kept = tuple(offset for offset in offsets.values() if offset.offset)
        return request.but(seed=seed, directions=kept, controls=plain)

    def values(self, request: Request) -> dict[str, Value]:
        """Every control's value in ``request``, by name."""
        values = defaults(self.controls)
        offsets = {offset.id: offset.offset for offset in request.directions}
        for control in self.controls:
            if control.name == "seed":
                values["seed"] = request.seed
            elif control.direction is not None:
                values[control.name] = offsets.get(control.direction, values[control.name])
            else:
                values[control.name] = request.controls.get(control.name, values[control.name])
        return values

    def attach(self, request: Request, **files: bytes) -> Request:
        """``request`` with files by name, which are held for rendering.

        Raises:
            RequestError: For a name that the model does not accept, or a file that is too large.
        """
        named = {name: self.attachments.put(data) for name, data in files.items()}
        attached = request.but(inputs={**request.inputs, **named})
        check_inputs(attached.inputs, self.pipeline.inputs)
        return attached

    def attached(self, request: Request) -> Attached:
        """The files that ``request`` names, by its names for them; see `Attachments.get`."""
        return {name: self.attachments.get(sha) for name, sha in request.inputs.items()}

    def check(self, request: Request) -> Request:
        """``request`` with every value checked and in its canonical type.

        Raises:
            RequestError: Made by another model, or with a sampler or steps unknown here.
            WeightsError: Made with weights that are not here.
            ControlError: For a refused value.
        """
        check_origin(request, self.card.id, self.pipeline.weights)
        check_inputs(request.inputs, self.pipeline.inputs)
        checked = self.change(request, **request.controls, seed=request.seed)
        known = {c.direction: c for c in self.controls if c.direction}
        for offset in request.directions:
            taught = Slider(name="wander", label=offset.name, minimum=-FAR, maximum=FAR)
            known.get(offset.id, taught).check(offset.offset)
        return checked.but(steps=check_steps(request.steps, self.card.medium))

    def stream(
        self,
        request: Request,
        *,
        quality: Quality = "reference",
        previews: bool = True,
        stopped: Callable[[], bool] = never,
    ) -> Iterator[Artifact]:
        """Previews, then the result.

        Args:
            request: The recipe.
            quality: "reference" is torch, float32, CPU, one item; "fast" the same work by the
                fastest engine; "draft" also with fewer steps, where a family takes steps.
            previews: Whether previews are wanted; without them the result comes sooner.
            stopped: Asked between the parts of the work, whether nobody waits for it any more.

        Raises:
            Interrupted: If so.
        """
        checked = self.check(request)
        run = self.engines.run(self.pipeline, quality, previews=previews, stopped=stopped)

        def made() -> Iterator[Artifact]:
            attached = self.attached(checked)
            held = {checked.inputs[name]: data for name, data in attached.items()}
            for artifact in self.pipeline.generate(checked.but(steps=()), run, attached):
                yield replace(artifact, attached=held) if held else artifact

        yield from self.finisher.stream(checked, quality, run, made)

    def render(
        self,
        request: Request,
        *,
        quality: Quality = "reference",
        show: Callable[[Artifact], object] | None = None,
        stopped: Callable[[], bool] = never,
    ) -> Artifact:
        """The last artifact of `stream`, which see; ``show`` is given those on the way to it."""
        last: Artifact | None = None
        previews = show is not None
        for artifact in self.stream(request, quality=quality, previews=previews, stopped=stopped):
            if last is not None and show is not None:
                show(last)
            last = artifact
        if last is None:
            raise RequestError("nothing_made", name=self.card.id, rule="without a result")
        return last
