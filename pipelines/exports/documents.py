"""The document that travels in every export: the recipe, its fingerprint, and what made it.

It is the same JSON text in every format; only the envelope differs::

    {"duet": "0.1.0", "export": 1, "request": {...}, "fingerprint": "9f2c...",
     "engine": "torch-cpu-f32", "versions": {"torch": ...}, "cpu": {"features": ...},
     "software": "Duet 0.1.0"}

A film has ``timeline`` in the place of ``request``, and says how many frames it holds; three
works of three media have ``triptych``, tunes that sound together ``mix``. Files that the recipe
names travel along as ``attachments``: sha256 -> base64.
"""

from __future__ import annotations

import platform
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from pipelines.artifact import Artifact
from pipelines.attachments import from_base64, to_base64
from pipelines.errors import RequestError
from pipelines.exports import refusals
from pipelines.mix import Mix
from pipelines.plans import PLANS, Plan, plan_from_dict
from pipelines.request import Request, canonical
from pipelines.schemas import REMEDY as _REMEDY
from pipelines.timeline import Timeline

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from pipelines.exports.reading import Opened

__all__ = [
    "REFERENCE",
    "VERSION",
    "Document",
    "environment",
    "software",
    "unpack",
]

VERSION = "0.1.0"
"""Of Duet; written here because a Space runs it uninstalled."""
EXPORT = 1
MAX_BYTES = 9 << 20
"""A document larger than this is refused before it is read."""


@dataclass(frozen=True)
class Document:
    """What an export says about itself.

    Attributes:
        recipe: A work's `Request`, or a `Plan` of several: a film, a triptych, a mix.
        fingerprint: Of the reference render, or None if it was made by another engine.
        attached: Files that the recipe names, by sha256.
        meta: ``engine``, ``versions``, ``cpu``, ``software``; of a film also ``frames`` and
            ``complete``.
    """

    recipe: Request | Plan
    fingerprint: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    attached: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, work: Artifact | Timeline | Opened) -> Document:
        """The document of a work made here, of a film that is only planned, or of a file.

        Raises:
            RequestError: For a file without a recipe.
        """
        if isinstance(work, Timeline):
            return cls(work, None, {"software": software()})
        if isinstance(work, Artifact):
            fingerprint = work.fingerprint if work.engine == REFERENCE else None
            return cls(work.request, fingerprint, environment(work.engine), work.attached)
        if work.recipe is None:
            raise _refused("file", "it holds no recipe")
        return cls(work.recipe, work.fingerprint, work.meta, work.attached)

    def text(self) -> str:
        """The canonical JSON text."""
        names = (name for name, kind in PLANS.items() if isinstance(self.recipe, kind))
        name = next(names, "request")
        values: dict[str, Any] = {"duet": VERSION, "export": EXPORT, **self.meta}
        if self.attached:
            values["attachments"] = to_base64(self.attached)
        return canonical({**values, name: self.recipe.to_dict(), "fingerprint": self.fingerprint})

    def packed(self) -> bytes:
        """The text, compressed."""
        return zlib.compress(self.text().encode(), 9)

    def title(self) -> str:
        """One line for people: what made it."""
        if isinstance(self.recipe, Timeline):
            return f"A film of {len(self.recipe.keys)} works, {self.recipe.seconds:g} s"
        if isinstance(self.recipe, Request):
            return f"{self.recipe.pipeline}, seed {self.recipe.seed}"
        kind = "mix" if isinstance(self.recipe, Mix) else "triptych"
        return f"A {kind} of {', '.join(one.pipeline for one in self.recipe.requests)}"

    @staticmethod
    def read(text: str | bytes, name: str) -> Document:
        """Read a document, or a bare recipe.

        Args:
            text: JSON.
            name: Of the file, for messages.

        Raises:
            ExportError: If it is too large.
            RequestError: If it is not a recipe; also of a newer schema.
            ControlError: For a film with a value out of range.
        """
        if len(text) > MAX_BYTES:
            raise refusals.recipe_too_large(name, MAX_BYTES)
        from pydantic_core import from_json

        try:
            values = from_json(text, allow_inf_nan=False)
        except ValueError as error:
            raise _refused(name, f"not JSON: {error}") from error
        if not isinstance(values, dict):
            raise _refused(name, "not a JSON object")
        if "duet" in values:
            return _document(values, text)
        plan = plan_from_dict(values)
        return Document(Request.from_json(text) if plan is None else plan)


REFERENCE = "torch-cpu-f32"
"""The engine whose fingerprints can be compared."""


@dataclass(frozen=True)
class _Layout:
    """The document's layout, as pydantic checks it."""

    __pydantic_config__ = {"extra": "forbid", "strict": True, "allow_inf_nan": False}  # noqa: RUF012
    duet: str
    export: int
    fingerprint: str | None = None
    request: dict[str, Any] | None = None
    timeline: dict[str, Any] | None = None
    triptych: dict[str, Any] | None = None
    mix: dict[str, Any] | None = None
    engine: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    cpu: dict[str, str | int] = field(default_factory=dict)
    software: str = ""
    frames: int | None = None
    complete: bool | None = None
    attachments: dict[str, str] = field(default_factory=dict)


@cache
def _adapter() -> TypeAdapter[_Layout]:
    from pydantic import TypeAdapter

    return TypeAdapter(_Layout)


def _document(values: dict[str, Any], text: str | bytes) -> Document:
    from pydantic import ValidationError

    if values.get("export") != EXPORT:
        raise RequestError(
            "unknown_schema",
            name="export",
            value=values.get("export", "none"),
            rule=f"not a layout up to {EXPORT}",
            remedy="open it with a newer Duet",
        )
    try:
        layout = _adapter().validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RequestError(
            "bad_recipe",
            name=".".join(str(part) for part in first["loc"]) or "recipe",
            value=first.get("input", ""),
            rule=f"refused: {first['msg']}",
            remedy=_REMEDY,
        ) from error
    fingerprint = layout.fingerprint
    hexadecimal = fingerprint is None or (
        len(fingerprint) == 64 and not set(fingerprint) - set("0123456789abcdef")  # noqa: PLR2004
    )
    if not hexadecimal:
        raise _refused("fingerprint", "not a sha256", fingerprint)
    readers: dict[str, Callable[[dict[str, Any]], Request | Plan]] = {
        "request": Request.from_dict,
        **{name: kind.from_dict for name, kind in PLANS.items()},
    }
    told = [name for name in readers if getattr(layout, name) is not None]
    if len(told) != 1:
        raise _refused("recipe", f"not one of {', '.join(readers)}")
    recipe = readers[told[0]](getattr(layout, told[0]))
    kept = ("engine", "versions", "cpu", "software", "frames", "complete")
    meta = {
        key: getattr(layout, key) for key in kept if getattr(layout, key) not in (None, {}, "")
    }
    return Document(recipe, fingerprint, meta, from_base64(layout.attachments))


def unpack(packed: bytes, name: str, offset: int) -> bytes:
    """The text of `Document.packed`, never more than `MAX_BYTES` of it.

    Raises:
        ExportError: If it is damaged, or would be larger.
    """
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(packed, MAX_BYTES + 1)
    except zlib.error as error:
        raise refusals.damaged(name, offset, "the recipe is not compressed data") from error
    if len(text) > MAX_BYTES:
        raise refusals.recipe_too_large(name, MAX_BYTES)
    if not inflater.eof or inflater.unused_data:
        raise refusals.damaged(name, offset, "the recipe is cut short or followed by more")
    return text


def software() -> str:
    """Name and version, as other programs show them."""
    return f"Duet {VERSION}"


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


@cache
def _versions() -> Mapping[str, str]:
    found = {name: _version(name) for name in ("torch", "numpy", "pillow")}
    return {"python": platform.python_version(), **{k: v for k, v in found.items() if v}}


def environment(engine: str) -> dict[str, Any]:
    """What decides the last bits of a render: engine, versions, CPU."""
    import torch

    cpu = {
        "machine": platform.machine(),
        "features": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }
    return {
        "engine": engine,
        "versions": dict(_versions()),
        "cpu": cpu,
        "software": software(),
    }


def _refused(name: str, rule: str, value: object = "") -> RequestError:
    return RequestError(
        "bad_recipe", name=name, value=value, rule=f"refused: {rule}", remedy=_REMEDY
    )
