"""How well a recording is heard: ``python -m benchmarks humming [--quick] [--json]``.

Tunes whose notes are known (`benchmarks.hums.TUNES`) are played by every instrument of our
SoundFont and hummed by arithmetic, low, middle and in noise. Of each is told

- as its figure F1: notes of the right pitch whose onset is right to 50 ms, as in MIREX's note
  tracking. Bowed notes swell for longer than that, so that their onsets are late by nature;
- `within_150_ms`: the same with 150 ms;
- `in_place`: the share of notes that stand on their sixteenth, once the tempo is known;
- `tempo`: the share of recordings whose tempo, its half or its double is offered first.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.hums import TOLERANCE, TUNES, Samples, Sung, f1, hum, played, steps_of, sung, tune
from benchmarks.running import figure
from pipelines.errors import DuetError
from pipelines.music.listening import transcribe
from pipelines.music.quantising import beats_of, quantise
from pipelines.recordings import SAMPLE_RATE
from pipelines.sound import PROGRAMS

if TYPE_CHECKING:
    from symusic.core import ScoreSecond

__all__ = ["AIMS", "heard", "run"]

HIGHER: Mapping[str, int] = {"bass": -12, "flute": 12}
"""Semitones that instruments play the tunes beside where they are written."""
AIMS: Mapping[str, float] = {
    "piano": 0.95,
    "guitar": 0.95,
    "hum": 0.85,
    "violin": 0.4,
    "strings": 0.2,
}
"""Least F1; of other instruments 0.8."""
LATE = 0.15
SECOND = 0.1
"""Seconds that a second of sound may take."""


def recordings(seeds: int) -> Iterator[tuple[str, str, Samples, list[Sung]]]:
    """Who plays, which tune, the sound, and its notes."""
    for name in TUNES:
        for player, program in PROGRAMS.items():
            notes = tune(name, HIGHER.get(player, 0))
            yield player, name, played(notes, program), notes
        for voice, up, breath in (
            ("hum low", -12, 0.02),
            ("hum", 0, 0.02),
            ("hum in noise", -5, 0.1),
        ):
            notes = tune(name, up)
            for seed in range(seeds):
                yield voice, name, hum(notes, seed, breath), notes


def heard(samples: Samples) -> ScoreSecond | None:
    """What is heard, or None."""
    try:
        return transcribe(samples)
    except DuetError:
        return None


def _in_place(line: ScoreSecond, name: str, up: int) -> float:
    """The share of the tune's notes that stand where they should."""
    counted = quantise(line, round(TUNES[name][0]))
    notes = counted.score.tracks[0].notes
    found = {(note.time // 120 - counted.first, note.pitch - up) for note in notes}
    wanted = steps_of(name)
    return len(found & wanted) / len(wanted)


def _tempo(line: ScoreSecond, name: str) -> float:
    """1 where the tempo, or twice or half of it, is offered first."""
    ratio = beats_of(line)[0].tempo / TUNES[name][0]
    return float(min(abs(ratio / one - 1) for one in (0.5, 1, 2)) < 0.03)


def run(quick: bool = False) -> dict[str, dict[str, Any]]:
    """Measure; see the module."""
    rows: dict[str, list[tuple[float, ...]]] = {}
    spent, length = 0.0, 0.0
    heard(hum(tune("scale")))  # the network is compiled
    for player, name, samples, notes in recordings(1 if quick else 4):
        began = time.perf_counter()
        line = heard(samples)
        spent += time.perf_counter() - began
        length += len(samples) / SAMPLE_RATE
        if line is None:
            rows.setdefault(player, []).append((0.0, 0.0, 0.0, 0.0))
            continue
        found, up = sung(line), notes[0][2] - tune(name)[0][2]
        scores = (f1(found, notes, TOLERANCE), f1(found, notes, LATE))
        rows.setdefault(player, []).append(
            (*scores, _in_place(line, name, up), _tempo(line, name))
        )
    figures: dict[str, dict[str, Any]] = {}
    for player, values in rows.items():
        exact, late, placed, tempo = (round(float(one), 3) for one in np.mean(values, axis=0))
        aim = AIMS.get(player, AIMS["hum"] if player.startswith("hum") else 0.8)
        more = {"within_150_ms": late, "in_place": placed, "tempo": tempo}
        told = figure(100 * exact, "%", least=round(100 * aim))
        figures[player] = {**told, **more, "recordings": len(values)}
    share = spent / length
    told = figure(1000 * share, "ms", most=1000 * SECOND)
    figures["a second of sound"] = told
    return figures


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["humming", *sys.argv[1:]]))
