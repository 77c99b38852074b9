"""Real works in small: PNG files that Pillow wrote, for the tests of the library."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PIL import Image

from studio.errors import LibraryError
from studio.library import Keep


def png(seed: int, side: int = 12) -> bytes:
    """A picture that no other seed gives."""
    image = Image.new("RGB", (side, side), (seed % 256, seed // 256 % 256, 90))
    image.putpixel((seed % side, 0), (255, 255, 255))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def recipe(seed: int, **controls: object) -> str:
    """A recipe as the machine writes it."""
    values = {"controls": controls, "pipeline": "pomona", "schema": 1, "seed": seed}
    return json.dumps(values, separators=(",", ":"), sort_keys=True)


def keep_of(seed: int, **changes: Any) -> Keep:
    """What the studio hands to the library when the heart is pressed."""
    values: dict[str, Any] = {
        "request": recipe(seed),
        "medium": "image",
        "model": "pomona",
        "original": png(seed, 24),
        "thumbnail": png(seed),
        "fingerprint": f"{seed:064x}",
        "label": f"Pear {seed}",
        "subject": "pear",
        "words": "梨",
    }
    return Keep(**(values | changes))


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Expect a `LibraryError` with that code, and with a remedy."""
    with pytest.raises(LibraryError) as caught:
        yield
    assert caught.value.code == code, str(caught.value)
    assert caught.value.remedy
