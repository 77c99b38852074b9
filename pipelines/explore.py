"""Travel between works: variations, children, morphs. Pure functions from recipes to recipes.

They see a pipeline's latent space, never its pixels, so every medium uses them unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.abilities import Paced
from pipelines.controls import Prompt
from pipelines.errors import outside
from pipelines.finishing import between
from pipelines.latents import normal, uniform
from pipelines.pipeline import Instrument
from pipelines.request import Point, Request

__all__ = ["Child", "another", "arithmetic", "blend", "breed", "mix_layers", "morph", "nearby"]

Array = NDArray[np.float32]
MAX_ITEMS = 64
FAR = 1.5
"""Largest distance of `nearby`, in standard deviations of the prior."""


@dataclass(frozen=True)
class Child:
    """A recipe bred from two parents.

    Attributes:
        request: The recipe.
        form: Which parent gave the coarse layers: ``a`` or ``b``.
        colour: Which parent gave the fine layers: ``a`` or ``b``.
    """

    request: Request
    form: str
    colour: str


def _count(num: int) -> int:
    if not 1 <= num <= MAX_ITEMS:
        raise outside("num", num, 1, MAX_ITEMS)
    return num


def _held(instrument: Instrument, locked: Iterable[str], taught: Iterable[Array]) -> list[Array]:
    """Vectors of the locked directions of the model, and of those that were taught."""
    by_name = {control.name: control.direction for control in instrument.controls}
    found = [instrument.latent_space.direction(by_name.get(name) or "") for name in locked]
    moves = [one.vector for one in found if one is not None and one.kind != "control"]
    return [*moves, *taught]


def _unlocked(instrument: Instrument, noise: Array, held: Iterable[Array]) -> Array:
    """``noise`` without its part along each held direction, measured in spreads of the prior."""
    space = instrument.latent_space
    spread = np.where(space.spread > 0, space.spread, 1.0)
    basis: list[NDArray[np.float64]] = []
    for one in held:
        vector = (one / spread).astype(np.float64).reshape(-1)
        for earlier in basis:
            vector = vector - earlier * (earlier @ vector)
        length = float(np.linalg.norm(vector))
        if length > 1e-6:  # noqa: PLR2004 - already inside the span
            basis.append(vector / length)
    flat = noise.astype(np.float64).reshape(-1)
    for vector in basis:
        flat = flat - vector * (vector @ flat)
    result: Array = flat.reshape(noise.shape).astype(np.float32)
    return result


def nearby(
    instrument: Instrument,
    request: Request,
    *,
    num: int = 12,
    distance: float = 0.5,
    seed: int = 0,
    locked: Iterable[str] = (),
    taught: Iterable[Array] = (),
) -> list[Request]:
    """Variations around a work.

    Args:
        instrument: What renders them.
        request: The work.
        num: How many, 1 to 64.
        distance: Length of the step in standard deviations of the prior, 0 to 1.5.
        seed: Which variations.
        locked: Controls that keep their effect; directions among them are left out of the step.
        taught: Vectors of further directions that are left out of it.

    Raises:
        ControlError: For a count or a distance out of range.
    """
    if not 0 <= distance <= FAR:
        raise outside("distance", distance, 0, FAR)
    space = instrument.latent_space
    here = instrument.pipeline.locate(request)
    settled = _settle(instrument, request)
    held = _held(instrument, locked, taught)
    steps = normal(seed, (_count(num), *space.shape[-1:]), "nearby")
    layered = normal(seed, (num, *space.shape), "nearby layers")
    requests = []
    for shared, own in zip(steps, layered, strict=True):
        # Mostly one step for all layers, so that form and colour stay of a piece.
        noise = np.float32(0.9) * np.broadcast_to(shared, space.shape) + np.float32(0.436) * own
        noise = _unlocked(instrument, noise.astype(np.float32), held)
        there = here + np.float32(distance) * noise * space.spread
        requests.append(settled.but(point=Point.of(there.astype(np.float32))))
    return requests


def _settle(instrument: Instrument, request: Request) -> Request:
    """The request with what its seed decides written out, since a point has no seed."""
    resolved = instrument.pipeline.resolve(request)
    return instrument.change(request, **resolved) if resolved else request


def mix_layers(a: Array, b: Array, num_from_b: int) -> Array:
    """``a`` with the last (finest) ``num_from_b`` layers of ``b``; axis 0 is the layer."""
    if not 0 <= num_from_b <= len(a):
        raise outside("num_from_b", num_from_b, 0, len(a))
    cut = len(a) - num_from_b
    return np.concatenate([a[:cut], b[cut:]]).astype(np.float32)


def breed(
    instrument: Instrument,
    a: Request,
    b: Request,
    *,
    num: int = 12,
    seed: int = 0,
    mutation: float = 0.15,
) -> list[Child]:
    """Children of two works: coarse layers from one, fine layers from the other, and a mutation.

    Half of the children take their form from ``a``; where the layers change hands is drawn. In a
    space of one layer a child lies on the path between them, nearer to the first.

    Args:
        instrument: What renders them.
        a: One parent.
        b: The other parent.
        num: How many, 1 to 64.
        seed: Which children.
        mutation: Length of the random step, in standard deviations of the prior.

    Raises:
        ControlError: For a count out of range.
    """
    space, pipeline = instrument.latent_space, instrument.pipeline
    places = {"a": pipeline.place(a), "b": pipeline.place(b)}
    layers = space.shape[0]
    draws = uniform(seed, (_count(num), 16), "breed")
    noise = normal(seed, (num, *space.shape), "breed mutation")
    children = []
    for index in range(num):
        form, colour = ("a", "b") if index % 2 == 0 else ("b", "a")
        if layers > 1:
            cut = min(1 + int(draws[index, 0] * (layers - 1)), layers - 1)
            mixed = mix_layers(places[form], places[colour], cut)
        else:
            share = float(draws[index, 0]) * 0.3 + 0.15
            mixed = space.interpolate(places[form], places[colour], share)
        child = mixed + np.float32(mutation) * noise[index] * space.spread
        parent = a if form == "a" else b
        request = pipeline.bake(_settle(instrument, parent), child.astype(np.float32))
        children.append(Child(request, form, colour))
    return children


def morph(instrument: Instrument, a: Request, b: Request, *, num: int = 16) -> list[Request]:
    """``num`` works on the way from ``a`` to ``b``; the first is ``a`` and the last is ``b``.

    Steps are of one length in the latent space, unless the pipeline knows where they are more
    even (`pipelines.abilities.Paced`).

    Raises:
        ControlError: For a count out of range.
    """
    times = [i / (_count(num) - 1) if num > 1 else 0.0 for i in range(num)]
    pipeline = instrument.pipeline
    if num > 2 and isinstance(pipeline, Paced):  # noqa: PLR2004 - both ends
        way = pipeline.way(pipeline.place(a), pipeline.place(b), num)
        return [_between(instrument, a, b, t, at) for t, at in zip(times, way, strict=True)]
    return [blend(instrument, a, b, t) for t in times]


def blend(instrument: Instrument, a: Request, b: Request, t: float) -> Request:
    """The work at ``t`` in [0, 1] between two works, finish and all; at the ends these works."""
    pipeline = instrument.pipeline
    latent = instrument.latent_space.interpolate(pipeline.place(a), pipeline.place(b), t)
    return _between(instrument, a, b, t, latent)


def _between(instrument: Instrument, a: Request, b: Request, t: float, latent: Array) -> Request:
    """The work at ``latent`` as one at ``t`` between two works; at the ends these works."""
    if t <= 0.0:
        return a
    if t >= 1.0:
        return b
    nearer = _settle(instrument, a if t < 0.5 else b)  # noqa: PLR2004 - the middle
    steps = between(a.steps, b.steps, t, instrument.card.medium)
    return instrument.pipeline.bake(nearer, latent).but(steps=steps)


def arithmetic(instrument: Instrument, a: Request, b: Request, *, minus: Request) -> Request:
    """The work at ``a + b - minus``: what ``minus`` and ``b`` differ in, done to ``a``.

    Latents are added as they are painted, after truncation and sliders, and not truncated again
    (Radford et al. 2016, https://arxiv.org/abs/1511.06434). The kind stays that of ``a``.

    Raises:
        LatentError: If the sum lies where the model cannot paint.
    """
    pipeline = instrument.pipeline
    latent = pipeline.place(a) + pipeline.place(b) - pipeline.place(minus)
    found = pipeline.bake(_settle(instrument, a), latent.astype(np.float32))
    pipeline.place(found)
    return found


def another(
    instrument: Instrument, request: Request, *, seed: int, locked: Iterable[str] = ()
) -> Request:
    """A fresh work: a new seed; the rest rests.

    What stays: locked controls, the kind, what a person wrote, the finish.
    """
    given = (c for c in instrument.controls if c.group == "kind" or isinstance(c, Prompt))
    keep = {*locked, *(c.name for c in given)}
    keep |= {"truncation_psi", "seed"} if "seed" in keep else {"truncation_psi"}
    values = {k: v for k, v in instrument.values(request).items() if k in keep}
    if "seed" not in values:
        values["seed"] = seed
    return instrument.request(**values).but(inputs=request.inputs, steps=request.steps)
