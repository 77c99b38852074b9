"""Whether what a row says makes sense: what the library itself does not know how to judge."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipelines.plans import plan_from_json
from pipelines.request import Request
from pipelines.training.plans import Plan
from studio.library import Event, Parent, Record
from studio.library.checks import mapping, one_of, refused
from studio.library.files import digest
from studio.taste.profiles import read

__all__ = ["judge"]

MIMES = ("image/png", "image/webp", "image/jpeg", "image/gif", "video/mp4")
_TEXTS = ("text/plain", "application/json")
_PIXELS = 64 << 20
_FARTHEST = 2.0
"""A correction of a liking, as the page allows it."""
_LARGEST = 1e6


def judge(record: Record) -> None:
    """Refuse what would be stored but could not be used.

    Raises:
        DuetError: Naming the field at fault.
    """
    values = record.values
    match record.table:
        case "attachments":
            if digest(base64.b64decode(values["data"])) != values["sha256"]:
                raise refused("sha256", str(values["sha256"])[:12], "not that of the file")
        case "works":
            _work(record)
        case "events":
            _recipe(values)
            told = {name: values[name] for name in ("kind", "request", "weights", "payload")}
            Event(**told, shown=tuple(values["shown"]))
        case "lineage":
            _recipe(values)
            Parent(values["role"], request=values["request"] or "{}", side=values["side"])
        case "tiles":
            _tile(values)
        case "profiles":
            read(json.dumps({**mapping("document", values["document"])}).encode())
            _within("share", values["share"], 0.0, 1.0)
        case "tastes":
            _taste(values["state"])
        case _:
            _taught(record.table, values)


def _taught(table: str, values: Mapping[str, Any]) -> None:
    match table:
        case "sliders":
            _slider(values)
        case "versions":
            if len(values["id"]) != 64 or not values["id"].isalnum():  # noqa: PLR2004
                raise refused("id", values["id"][:12], "not a sha256")
        case "jobs":
            Plan.from_dict({k: v for k, v in values["plan"].items() if k != "left_out"})
        case "proofs":
            _pairs(values["pairs"])


def _recipe(values: Mapping[str, Any]) -> None:
    if values["request"] is not None:
        Request.from_json(values["request"])


def _work(record: Record) -> None:
    values = record.values
    Request.from_json(values["request"])
    if values["timeline"] is not None:
        plan_from_json(values["timeline"])
    one_of("kind", values["kind"], ("work", "film"))
    one_of("original_mime", values["original_mime"], (*MIMES, *_TEXTS))
    one_of("thumbnail_mime", values["thumbnail_mime"], MIMES)
    if (values["kind"] == "film") != (values["timeline"] is not None):
        raise refused("kind", values["kind"], "not what its timeline says")
    for name, file in (("original", record.original), ("thumbnail", record.thumbnail)):
        if file is None:
            continue
        if digest(file) != values[f"{name}_sha256"] or len(file) != values[f"{name}_size"]:
            raise refused(name, str(values[f"{name}_sha256"])[:12], "not the file of this work")
        if values[f"{name}_mime"].startswith("image/"):
            _picture(name, file)


def _picture(name: str, file: bytes) -> None:
    """A picture that cannot be opened would break every page that shows it."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(file), formats=("PNG", "WEBP", "JPEG", "GIF")) as image:
            width, height = image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise refused(name, f"{len(file)} bytes", "not a picture") from error
    if width * height > _PIXELS:
        raise refused(name, f"{width} x {height}", "too large a picture")


def _tile(values: Mapping[str, Any]) -> None:
    _recipe(values)
    if digest(values["request"].encode()) != values["sha256"]:
        raise refused("sha256", values["sha256"][:12], "not that of its recipe")
    for name, value in values["attributes"].items():
        _within(name, value, -_LARGEST, _LARGEST)
    _floats("features", values["features"])


def _floats(name: str, written: object) -> bytes:
    try:
        raw = base64.b64decode(written if isinstance(written, str) else "?", validate=True)
        finite = bool(np.isfinite(np.frombuffer(raw, dtype="<f4")).all())
    except (binascii.Error, ValueError) as error:
        raise refused(name, "", "not base64 float32") from error
    if not finite:
        raise refused(name, "", "not finite")
    return raw


def _within(name: str, value: object, low: float, high: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not (math.isfinite(value) and low <= value <= high):  # type: ignore[arg-type,operator]
        raise refused(name, value, f"not from {low:g} to {high:g}")


def _taste(state: Mapping[str, Any]) -> None:
    told = mapping("signals", state.get("signals", {}))
    for name, used in told.items():
        if not isinstance(used, bool):
            raise refused(name, used, "not yes or no")
    for name, one in mapping("attributes", state.get("attributes", {})).items():
        liking = mapping(name, one)
        if liking.get("correction") is not None:
            _within(name, liking["correction"], -_FARTHEST, _FARTHEST)


def _slider(values: Mapping[str, Any]) -> None:
    raw = _floats("vector", values["vector"])
    if hashlib.sha256(raw).hexdigest() != values["id"]:
        raise refused("id", values["id"][:12], "not the sha256 of its vector")
    for name, value in values["effect"].items():
        _within(name, value, -_LARGEST, _LARGEST)


def _pairs(pairs: object) -> None:
    for pair in pairs if isinstance(pairs, list) else [None]:
        if not isinstance(pair, dict) or not {"seed", "after", "answer"} <= set(pair):
            raise refused("pairs", "", "without seed, side and answer")
        one_of("after", pair["after"], ("left", "right"))
