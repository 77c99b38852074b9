"""Keeping, opening again and saving: between what is rendered and what is on the disk."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines import exports
from pipelines.artifact import Artifact
from pipelines.errors import DuetError, ExportError, WeightsError
from pipelines.mix import Mix
from pipelines.pipeline import Instrument
from pipelines.plans import fingerprint_of
from pipelines.plates import picture_of
from pipelines.request import Request
from pipelines.triptych import Triptych
from studio import encoding
from studio.bodies import Feedback, KeepWork, ParentOf
from studio.house import House
from studio.library import Event, Keep, Parent, Work
from studio.persons import Person
from studio.plans import saved_as, works_of
from studio.taste.signals import name_of

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "event_of",
    "keep",
    "kept_as",
    "parent_of",
    "reopen",
    "size_of",
    "subject_of",
    "words_of",
]

STRONG = 0.5
"""Standard deviations from which an attribute is worth finding a work by."""


def keep(house: House, person: Person, body: KeepWork) -> Work:
    """Render the reference, write it with its recipe inside, and put it into the library.

    Raises:
        PipelineError: For a recipe that cannot be rendered here.
        LibraryError: If nothing could be kept.
    """
    request = Request.from_dict(body.request)
    instrument = house.instrument_of(request)
    artifact = house.pool.submit("live", lambda: house.render(request)).result()
    house.minds.seen.add(artifact)
    recipe = artifact.request.to_json()
    house.library.attach(person, artifact.attached.values())
    house.minds.note(person, Event("keep", request=recipe, shown=tuple(body.shown)))
    original, mime = exports.encode(artifact, "png")
    subject = subject_of(instrument, artifact.request)
    return house.library.keep(
        person,
        Keep(
            request=recipe,
            medium=artifact.medium,
            model=instrument.card.id,
            original=original,
            original_mime=mime,
            thumbnail=encoding.thumbnail(picture_of(artifact)),
            thumbnail_mime="image/webp",
            fingerprint=artifact.fingerprint,
            weights=request.weights.base,
            label=body.label or label_of(artifact, subject),
            subject=subject,
            words=" ".join(filter(None, (words_of(body.words), poem_of(artifact)))),
            parents=tuple(map(parent_of, body.parents)),
            shown=tuple(map(name_of, body.shown)),
        ),
    )


def words_of(given: str | dict[str, Any]) -> str:
    """What a work is found by; of measured attributes those that stand out, by name.

    >>> words_of({"warmth": 1.2, "size": -0.1, "kind": "pear"})
    'warmth pear'
    """
    if isinstance(given, str):
        return given
    told = [
        value if isinstance(value, str) else name
        for name, value in given.items()
        if isinstance(value, str) or (isinstance(value, int | float) and value > STRONG)
    ]
    return " ".join(told)


def label_of(artifact: Artifact, subject: str) -> str:
    """What a work is called: a poem by its first line, a picture by what is shown and its seed."""
    from pipelines.verse.forms import lines_of

    if poem := poem_of(artifact):
        return lines_of(poem)[0]
    return f"{subject} {artifact.request.seed}".strip().capitalize()


def poem_of(artifact: Artifact) -> str:
    """The words of a poem, by which it is found too; empty of other works."""
    return artifact.data if isinstance(artifact.data, str) else ""


def subject_of(instrument: Instrument, request: Request) -> str:
    """What is shown, in one word: the kind that was chosen, or that the seed drew."""
    values = {**instrument.values(request), **instrument.pipeline.resolve(request)}
    return str(values.get("species", ""))


def parent_of(body: ParentOf) -> Parent:
    """A parent as the library wants it.

    Raises:
        PipelineError: For a recipe that cannot be read.
        LibraryError: ``bad_work`` if it is neither or both of a work and a recipe.
    """
    recipe = Request.from_dict(body.request).to_json() if body.request is not None else None
    return Parent(body.role, work_id=body.id, request=recipe, side=body.info)


def event_of(body: Feedback) -> Event:
    """A feedback event as the library wants it.

    Raises:
        PipelineError: For a recipe that cannot be read.
        LibraryError: ``bad_work`` for values that cannot be stored.
    """
    request = Request.from_dict(body.request) if body.request is not None else None
    return Event(
        body.kind,
        work_id=body.work,
        request=request.to_json() if request else None,
        weights=request.weights.base if request else "",
        shown=tuple(body.shown),
        payload=body.payload,
    )


def size_of(house: House, person: Person, work: Work) -> tuple[int, int]:
    """Width and height of a work in pixels, read once from its file.

    A film's come from its timeline, whose size is the longer side, and its thumbnail's shape; a
    mix is its plate.
    """
    import json

    from PIL import Image

    known = house.sizes.get(work.original_sha256)
    if known is not None:
        return known
    film = work.timeline is not None and work.original_mime != exports.FORMATS["png"]
    which: Literal["original", "thumbnail"] = "thumbnail" if film else "original"
    path, _ = house.library.content(person, work.id, which)
    with Image.open(path) as image:
        width, height = image.size
    if film and work.timeline is not None:
        scale = json.loads(work.timeline).get("size", max(width, height)) / max(width, height)
        width, height = round(width * scale), round(height * scale)
    house.sizes[work.original_sha256] = (width, height)
    return width, height


def kept_as(house: House, person: Person, work_id: str, kind: str) -> tuple[Path | bytes, str]:
    """A kept work in a format, and its media type: the very file where that is the format.

    Raises:
        LibraryError: ``no_such_work``.
        ExportError: ``unknown_format``.
    """
    work = house.library.work(person, work_id)
    path, mime = house.library.content(person, work_id, "original")
    if mime.rpartition("/")[2] == kind:
        return path, mime
    if work.timeline is None and kind in exports.MORE.get(work.medium, ()):
        made = house.pool.submit("tile", lambda: house.render(Request.from_json(work.request)))
        return exports.encode(made.result(), kind)
    opened = exports.open_bytes(path.read_bytes(), path.name)
    if work.timeline is not None:
        return saved_as(house, work.timeline, opened, kind)
    if opened.image is None or not isinstance(opened.recipe, Request):
        raise ExportError(
            "unknown_format",
            name="format",
            value=kind,
            rule="not a format of this work",
            remedy="save it as it was kept",
        )
    engine = str(opened.meta.get("engine", "torch-cpu-f32"))
    shown = Artifact("picture", opened.image, opened.recipe, engine, opened.attached)
    return exports.encode(shown, kind)


def reopen(house: House, person: Person, data: bytes, name: str = "") -> dict[str, Any]:
    """What a dropped file is: its recipe, its sliders, and whether it is still the same work.

    Raises:
        DuetError: If it is damaged, hostile, or holds a recipe that cannot be read.
    """
    found = exports.open_bytes(data, name)
    for file in found.attached.values():
        house.attachments.give(person, file)
    told: dict[str, Any] = {
        "kind": found.kind,
        "format": found.format,
        "meta": dict(found.meta),
        "request": None,
        "timeline": None,
        "values": None,
        "model": None,
        "image": encoding.data_uri(encoding.lossless(found.image)) if found.image else None,
        "verdict": {"kind": "unknown", "max": 0, "mean": 0.0, "why": "no_recipe"},
    }
    if found.recipe is None:
        return told
    request = found.recipe
    film = not isinstance(request, Request)
    if not isinstance(request, Request):
        requests = [one.to_dict() for one in request.requests]
        told["timeline"] = {**request.to_dict(), "requests": requests}
        request = request.requests[0]
    told |= {"request": None if film else request.to_dict(), "model": request.pipeline}
    try:
        told |= _replayed(house, person, found, request)
        told["request"] = None if film else told["request"]
    except WeightsError as error:  # the file can still be looked at
        told["verdict"]["why"] = "no_model"
        told["error"] = error.as_dict()
    return told


def _replayed(
    house: House, person: Person, found: exports.Opened, request: Request
) -> dict[str, Any]:
    """Render again and compare. Other weights than ours are tried with ours, and said so."""
    instrument = house.instrument_of(request)
    ours = request.but(weights=instrument.pipeline.weights)
    artifact = house.pool.submit("live", lambda: instrument.render(ours)).result()
    verdict = exports.verdict(found, artifact, original=_original(house, person, request))
    if isinstance(found.recipe, Triptych | Mix):
        works = works_of(house, found.recipe.requests)
        verdict = exports.film_verdict(found, fingerprint_of(works) or "")
    return {
        "request": artifact.request.to_dict(),
        "values": instrument.values(artifact.request),
        "image": encoding.data_uri(encoding.lossless(picture_of(artifact))),
        "fingerprint": artifact.fingerprint,
        "verdict": {
            "kind": verdict.kind,
            "max": verdict.max,
            "mean": round(verdict.mean, 4),
            "why": verdict.why,
        },
    }


def _original(house: House, person: Person, request: Request) -> Image | None:
    """This person's kept picture of the same recipe, if there is one that can be read."""
    from PIL import Image

    try:
        work = house.library.kept(person, request.to_json())
        if work is None:
            return None
        path, _ = house.library.content(person, work.id, "original")
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            return image.convert("RGBA" if image.has_transparency_data else "RGB")
    except (DuetError, OSError):
        return None
