"""What the models of music and verse take of the machine's memory, one loaded after the other.

The studio is started with the bundled models; of each model of music, drums and verse one work is
rendered as the page does (fast and as the reference), and of tunes the sound, so that all that a
visitor makes it read is read.
"""

from __future__ import annotations

import json
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.running import Running, figure, running

__all__ = ["run"]

MEDIA = ("music", "drums", "verse")
ROUNDS = 3
"""Works of each model."""


def run(quick: bool = False, models: Path | None = None) -> dict[str, dict[str, Any]]:
    """Resident memory of the server with every model of music and verse loaded.

    Args:
        quick: One work a model instead of three.
        models: Folder of models; None for those that are shipped.
    """
    from pipelines.catalog import BUNDLED

    folder = models or BUNDLED
    with tempfile.TemporaryDirectory() as place:
        options = ("--port", "0", "--device", "cpu", "--models", str(folder))
        with running("app.py", *options, "--library", place) as studio:
            begun, steps = studio.memory(), {}
            for card in studio.get("/studio/models"):
                if card["medium"] in MEDIA:
                    before = studio.memory()
                    _made(studio, card, 1 if quick else ROUNDS)
                    steps[card["id"]] = round(studio.memory() - before, 1)
            whole = studio.memory()
    return {
        "begun": figure(begun, "MB when the studio answers"),
        "music_and_verse": figure(whole, "MB with music and verse loaded", most=1500, **steps),
    }


def _made(studio: Running, card: dict[str, Any], rounds: int) -> None:
    request = studio.get(f"/studio/models/{card['id']}")["opening"]
    for seed in range(rounds):
        one = {**request, "seed": seed}
        for quality in ("fast", "reference"):
            _post(studio, "/studio/render", {"request": one, "quality": quality})
        if card["medium"] != "verse":
            _post(studio, "/studio/sound", {"request": one, "accept": "audio/flac"})


def _post(studio: Running, path: str, body: dict[str, Any]) -> None:
    call = urllib.request.Request(studio.address + path, json.dumps(body).encode())
    with urllib.request.urlopen(call, timeout=120) as answer:
        answer.read()
