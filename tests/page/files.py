"""Files that a hand would drop on the page, and what it would do to one first."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page

DROP = """([name, type, text]) => {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const held = new DataTransfer();
  held.items.add(new File([bytes], name, { type }));
  const tell = (kind) => document.body.dispatchEvent(
    new DragEvent(kind, { dataTransfer: held, bubbles: true, cancelable: true }));
  tell("dragenter");
  tell("dragover");
  const veiled = !document.getElementById("veil").hidden;
  tell("drop");
  return veiled;
}"""


def drop(page: Page, data: bytes, name: str = "work.png", kind: str = "image/png") -> bool:
    """Drop a file on the page; whether the veil said so before."""
    return page.evaluate(DROP, [name, kind, base64.b64encode(data).decode()])


def saved(page: Page, label: str = "PNG") -> bytes:
    """What Save file gives for the work on the stage."""
    page.locator("#tool-save").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=label).click()
    return Path(download.value.path()).read_bytes()


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and whole bytes of every chunk of a PNG."""
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at : at + 12 + length]
        at += 12 + length


def flipped(png: bytes, by: int) -> bytes:
    """The same PNG with one channel of one pixel changed by ``by``, all its other chunks kept."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).copy()
    old = int(pixels[5, 7, 1])
    pixels[5, 7, 1] = old - by if old >= by else old + by
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    data = b"".join(chunk for kind, chunk in chunks(out.getvalue()) if kind == b"IDAT")
    parts, done = [png[:8]], False
    for kind, chunk in chunks(png):
        if kind != b"IDAT":
            parts.append(chunk)
        elif not done:
            parts.append(data)
            done = True
    return b"".join(parts)
