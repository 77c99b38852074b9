"""Messages of the live channel, version 1, in both directions (docs/live.md)."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.errors import RequestError

__all__ = [
    "MAX_BYTES",
    "VERSION",
    "Accept",
    "Ask",
    "Attach",
    "Cancel",
    "Resume",
    "Want",
    "bad",
    "frame",
    "hear",
]

VERSION = 1
MAX_BYTES = 1 << 20
"""Largest message up."""
_MAX_SEQ = 2**53 - 1
"""Whole numbers that JavaScript can count."""
_ASK = frozenset({"v", "seq", "request", "want", "accept"})
Want = Literal["preview", "final"]
Accept = Literal["image/jpeg", "image/x-rgba"]


@dataclass(frozen=True)
class Ask:
    """Render this; ``accept`` says how a preview may be sent, ``heard`` when it came."""

    seq: int
    request: Mapping[str, Any]
    want: Want
    accept: Accept = "image/jpeg"
    heard: float = field(default_factory=time.perf_counter, compare=False)


@dataclass(frozen=True)
class Attach:
    """A file that later recipes name by the sha256 of its bytes."""

    data: bytes


@dataclass(frozen=True)
class Cancel:
    """Forget what waits, and do not send what is under way."""


@dataclass(frozen=True)
class Resume:
    """A new connection of a page that has painted ``seq``: later numbers follow."""

    seq: int


def bad(rule: str, *, name: str = "message", value: object = "") -> RequestError:
    """What is wrong with a message."""
    return RequestError(
        "bad_message", name=name, value=value, rule=rule, remedy="see docs/live.md"
    )


def _seq(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_SEQ:
        raise bad("not a whole number from 0", name="seq", value=value)
    return value


def hear(text: str | bytes) -> Ask | Attach | Cancel | Resume:
    """What a message says.

    Raises:
        RequestError: ``too_large`` or ``bad_message``, with the field at fault.
    """
    if len(text) > MAX_BYTES or (isinstance(text, str) and len(text.encode()) > MAX_BYTES):
        raise RequestError(
            "too_large",
            name="message",
            value=f"{len(text)} bytes",
            rule=f"over {MAX_BYTES} bytes",
            remedy="send less",
        )
    if isinstance(text, bytes) and text[:1] != b"{":
        return _attach(text)
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise bad("not JSON") from error
    if not isinstance(message, dict):
        raise bad("not a JSON object")
    if message.get("v", VERSION) != VERSION:
        raise bad(f"not version {VERSION}", name="v", value=message["v"])
    if "cancel" in message:
        return Cancel()
    if "resume" in message:
        return Resume(_seq(message["resume"]))
    return _ask(message)


def _attach(data: bytes) -> Attach:
    """A binary message: laid out as a frame, its header ``{"v": 1, "attach": true}``."""
    length = int.from_bytes(data[:4], "big")
    try:
        header = json.loads(data[4 : 4 + length])
    except (ValueError, RecursionError) as error:
        raise bad("not JSON", name="header") from error
    if header != {"v": VERSION, "attach": True}:
        raise bad('not {"v": 1, "attach": true}', name="header", value=header)
    return Attach(data[4 + length :])


def _ask(message: dict[str, Any]) -> Ask:
    unknown = set(message) - _ASK
    if unknown:
        raise bad(f"not one of {', '.join(sorted(_ASK))}", name=sorted(unknown)[0])
    want = message.get("want", "preview")
    if want not in ("preview", "final"):
        raise bad("neither preview nor final", name="want", value=want)
    accept = message.get("accept", "image/jpeg")
    if accept not in ("image/jpeg", "image/x-rgba"):
        raise bad("neither image/jpeg nor image/x-rgba", name="accept", value=accept)
    if not isinstance(message.get("request"), dict):
        raise bad("not a recipe", name="request")
    return Ask(_seq(message.get("seq")), message["request"], want, accept)


def frame(header: Mapping[str, object], data: bytes = b"") -> bytes:
    """One message down: the header's length (4 bytes, big-endian), the header, the bytes."""
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    return struct.pack(">I", len(head)) + head + data
