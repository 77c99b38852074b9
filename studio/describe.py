"""Models, controls and works as the plain values that the page reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pipelines.abilities import Finishable
from pipelines.attachments import Attachment, sha256_of
from pipelines.controls import Choice, Control, Prompt, Seed, Slider, Toggle
from pipelines.finishing import OPERATIONS, Operation
from pipelines.inverting import Invertible
from pipelines.pipeline import Card, Instrument
from pipelines.request import Request
from studio import cards, encoding
from studio.library import Kin, Work

__all__ = ["card", "control", "kin", "model", "opening", "work"]

Size = Callable[[Work], tuple[int, int]]
CALM: dict[str, Any] = {
    "seed": 8,
    "truncation_psi": 0.7,
    "prompt": "a red apple with a cut half",
    "num_colours": 24,
}
"""What the page opens with, where the model has such a control."""


def card(value: Card) -> dict[str, Any]:
    """A model in a list."""
    return {
        "id": value.id,
        "title": dict(value.title),
        "medium": value.medium,
        "family": value.family,
        "version": value.version,
        "licence": value.licence,
        "credit": value.credit,
        "bundled": value.bundled,
        "shelf": value.shelf,
    }


def opening(instrument: Instrument) -> Request:
    """The recipe that the page opens with: calm, and always the same."""
    names = {one.name for one in instrument.controls}
    return instrument.request(**{k: v for k, v in CALM.items() if k in names})


def model(instrument: Instrument, versions: Iterable[str]) -> dict[str, Any]:
    """Everything about a model; ``versions`` are the weights that this person can play."""
    space = instrument.pipeline.latent_space
    weights = instrument.pipeline.weights
    return {
        **card(instrument.card),
        "text": cards.html(instrument.card.text),
        "weights": {"base": weights.base, "adapters": list(weights.adapters)},
        "versions": list(versions),
        "invertible": isinstance(instrument.pipeline, Invertible),
        "latent_shape": list(space.shape) if space else None,
        "controls": [control(one, instrument) for one in instrument.controls],
        "inputs": [attachment(one) for one in instrument.pipeline.inputs],
        "finishing": [
            operation(one, instrument)
            for one in OPERATIONS[instrument.card.medium].values()
            if not isinstance(instrument.pipeline, Finishable)
            or one.name in instrument.pipeline.finishes
        ],
        "opening": opening(instrument).to_dict(),
    }


def attachment(one: Attachment) -> dict[str, Any]:
    """A file that the model accepts; examples by their sha256, as data URIs."""
    examples = {sha256_of(data): encoding.data_uri(data, one.mime) for data in one.examples}
    fields = {"name": one.name, "label": one.label, "mime": one.mime, "doc": one.doc}
    return {**fields, "size": list(one.size) if one.size else None, "examples": examples}


def operation(one: Operation, instrument: Instrument) -> dict[str, Any]:
    """A way to finish a work; ``strengths`` are the controls of which one must be moved."""
    controls = [control(value, instrument) for value in one.controls]
    fields = {"name": one.name, "label": one.label, "doc": one.doc}
    return {**fields, "strengths": list(one.strengths), "controls": controls}


def control(one: Control, instrument: Instrument) -> dict[str, Any]:
    """A control; fields that its kind does not have are None."""
    values: dict[str, Any] = {
        "name": one.name,
        "label": one.label,
        "doc": one.doc,
        "group": one.group,
        "default": one.start,
        "direction": one.direction,
        "minimum": None,
        "maximum": None,
        "step": None,
        "unit": "",
        "whole": False,
        "options": None,
        "max_length": None,
        "relocates": False,
        "follows": None,
        "effect": None,
    }
    match one:
        case Slider():
            values |= {"kind": "slider", "minimum": one.minimum, "maximum": one.maximum}
            values |= {"step": one.step, "unit": one.unit, "whole": one.whole}
        case Choice():
            values |= {"kind": "choice", "options": list(one.options)}
            values["relocates"] = one.group == "kind" and one.relocates
        case Seed():
            values |= {"kind": "seed", "minimum": 0, "maximum": 2**32 - 1, "step": 1}
            values["whole"] = True
        case Toggle():
            values["kind"] = "toggle"
        case Prompt():
            values |= {"kind": "prompt", "max_length": one.max_length}
            values["follows"] = list(one.follows)
    space = instrument.pipeline.latent_space
    found = space.direction(one.direction) if space and one.direction else None
    if found is not None:
        values["effect"] = dict(found.effect)
    return values


def work(value: Work, size: Size) -> dict[str, Any]:
    """A kept work.

    Args:
        value: The work.
        size: Gives its width and height in pixels.
    """
    import json

    width, height = size(value)
    address = f"/studio/works/{value.id}"
    return {
        "id": value.id,
        "kind": value.kind,
        "medium": value.medium,
        "model": value.model,
        "label": value.label,
        "subject": value.subject,
        "request": json.loads(value.request),
        "timeline": json.loads(value.timeline) if value.timeline else None,
        "fingerprint": value.fingerprint,
        "rating": value.rating,
        "note": value.note,
        "created_at": value.created_at.isoformat(),
        "deleted": value.deleted_at is not None,
        "mime": value.original_mime,
        "bytes": value.original_size,
        "thumbnail": f"{address}/thumbnail",
        "original": f"{address}/original",
        "width": width,
        "height": height,
    }


def kin(value: Kin, size: Size) -> dict[str, Any]:
    """A parent or a child."""
    import json

    return {
        "role": value.role,
        "info": dict(value.side),
        "work": work(value.work, size) if value.work else None,
        "request": json.loads(value.request) if value.request else None,
    }
