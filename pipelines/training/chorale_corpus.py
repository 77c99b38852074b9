"""Bach's four-part chorales from the corpus of music21, on a grid of sixteenths.

    python -m pipelines.training.chorale_corpus DIR

writes ``DIR/chorales.json``. The chorales are in the public domain; they were typed in for
music21 (Cuthbert and Ariza 2010). Taken are those in 4/4 and 3/4 (or bars of as many quarters,
such as 2/2) whose soprano, alto, tenor and bass each have one line. Reading them takes minutes, so
that it is done once.

A voice is a row of whole numbers, a sixteenth each: a MIDI pitch where a note begins, `HOLD` where
what sounds goes on, `REST` where silence begins; what lies off the grid is moved to the nearest
sixteenth. A short bar before a repeat and the upbeat after it are one bar.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from tqdm import tqdm

__all__ = ["CHORALES", "HOLD", "REST", "STEPS", "VOICES", "Chorale", "build", "read"]

CHORALES = "chorales.json"
VOICES = ("Soprano", "Alto", "Tenor", "Bass")
HOLD, REST = -1, -2
STEPS = 4
"""Steps of the grid in a quarter note."""
METRES = {Fraction(4): "4/4", Fraction(3): "3/4"}
"""Quarters of a bar -> metre."""
FEWEST = 4
"""Bars that a chorale must have."""
Row = tuple[int, ...]


@dataclass(frozen=True)
class Chorale:
    """One chorale, from its upbeat to its last chord.

    Attributes:
        name: Its number in the catalogue of Bach's works and of the movement, as ``bwv10.7``.
        metre: ``4/4`` or ``3/4``.
        tonic: Pitch class of its keynote, 0 for C to 11 for B.
        mode: ``major`` or ``minor``.
        upbeat: Steps before the first full bar.
        voices: A row of each of `VOICES`, all of one length.
        fermatas: Steps at which a note under a fermata begins, in order.
    """

    name: str
    metre: str
    tonic: int
    mode: str
    upbeat: int
    voices: tuple[Row, ...]
    fermatas: tuple[int, ...]

    @property
    def work(self) -> str:
        """The number of the work without that of the movement.

        >>> Chorale("bwv10.7", "4/4", 0, "minor", 0, (), ()).work
        'bwv10'
        """
        found = re.match(r"bwv\d+", self.name)
        return found[0] if found else self.name


def build(folder: Path) -> list[Chorale]:
    """Read the chorales and write ``chorales.json``.

    Raises:
        ValueError: If music21 is not installed; it comes with the extra ``train``.
    """
    try:
        from music21 import converter, corpus
    except ImportError as error:
        raise ValueError("music21 is not installed; pip install duet-studio[train]") from error
    paths = [Path(one) for one in sorted(map(str, corpus.getComposer("bach")))]
    found: list[Chorale] = []
    for path in tqdm([one for one in paths if one.suffix in (".mxl", ".xml")], desc="chorales"):
        chorale = _chorale(path.stem, converter.parse(path))
        if chorale is not None:
            found.append(chorale)
    if not found:
        raise ValueError("the corpus of music21 has no chorale")
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"schema": 1, "chorales": [asdict(one) for one in found]})
    (folder / CHORALES).write_text(text, encoding="utf-8")
    return found


def read(folder: Path) -> list[Chorale]:
    """The chorales that `build` wrote.

    Raises:
        ValueError: If they are not there or cannot be read.
    """
    try:
        told = json.loads((folder / CHORALES).read_text(encoding="utf-8"))["chorales"]
        return [_read(one) for one in told]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"data={folder} has no {CHORALES} that can be read: {error}") from error


def _read(told: dict[str, Any]) -> Chorale:
    voices = tuple(tuple(int(step) for step in row) for row in told["voices"])
    return Chorale(**(told | {"voices": voices, "fermatas": tuple(told["fermatas"])}))


def _chorale(name: str, score: Any) -> Chorale | None:  # noqa: ANN401 - music21 has no types
    """A chorale of four voices in one metre, or None for what is not one."""
    parts = _parts(score)
    if parts is None:
        return None
    measures = list(parts[0].getElementsByClass("Measure"))
    lengths = [Fraction(one.duration.quarterLength).limit_denominator(48) for one in measures]
    signatures = {
        Fraction(one.barDuration.quarterLength)
        for one in parts[0].recurse().getElementsByClass("TimeSignature")
    }
    if len(signatures) != 1 or (bar := signatures.pop()) not in METRES:
        return None
    upbeat = lengths[0] % bar
    total, at = sum(lengths, Fraction(0)), Fraction(0)
    for length in lengths:
        if length == bar and (at - upbeat) % bar:
            return None  # bars that do not add up
        at += length
    steps = round(total * STEPS)
    rows = [_row(part, steps) for part in parts]
    if steps < FEWEST * bar * STEPS or any(row is None for row in rows):
        return None
    voices = tuple(row for row in rows if row is not None)
    tonic, mode = _keynote(score, parts, voices)
    return Chorale(
        name, METRES[bar], tonic, mode, round(upbeat * STEPS), voices, _fermatas(parts, steps)
    )


def _parts(score: Any) -> list[Any] | None:  # noqa: ANN401 - music21 has no types
    """The four voices, by name or, of exactly four parts, in order."""
    parts = list(score.parts)
    named = [
        next((one for one in parts if str(one.partName or one.id).startswith(voice)), None)
        for voice in VOICES
    ]
    if all(one is not None for one in named):
        return named
    return parts if len(parts) == len(VOICES) else None


def _row(part: Any, steps: int) -> Row | None:  # noqa: ANN401 - music21 has no types
    """A voice on the grid, or None if it has gaps or more than one line."""
    row, end = [HOLD] * steps, Fraction(0)
    for event in part.flatten().notesAndRests:
        lasts = Fraction(event.quarterLength).limit_denominator(48)
        begin = Fraction(event.offset).limit_denominator(48)
        if lasts == 0:  # a grace note
            continue
        if begin != end:
            return None
        end = begin + lasts
        place = round(begin * STEPS)
        if place >= steps or row[place] != HOLD:
            continue
        if event.isRest:
            row[place] = REST
        elif event.tie is None or event.tie.type == "start" or place == 0:
            row[place] = max(pitch.midi for pitch in event.pitches)
    return tuple(row) if round(end * STEPS) == steps and row[0] != HOLD else None


def _fermatas(parts: Sequence[Any], steps: int) -> tuple[int, ...]:
    found = {
        round(Fraction(event.offset) * STEPS)
        for part in parts
        for event in part.flatten().notes
        if any("Fermata" in one.classes for one in event.expressions)
    }
    return tuple(sorted(step for step in found if step < steps))


def _keynote(score: Any, parts: Sequence[Any], voices: Sequence[Row]) -> tuple[int, str]:  # noqa: ANN401
    """The keynote, and whether its third is major or minor.

    It is the last note of the bass where the key signature allows that, so that modal chorales
    keep their final; elsewhere (a chorale that ends on the dominant) what the analysis of the
    whole says (Krumhansl and Schmuckler).
    """
    signature = parts[0].recurse().getElementsByClass("KeySignature").first()
    major = (7 * int(signature.sharps if signature is not None else 0)) % 12
    last = next((p % 12 for p in reversed(voices[3]) if p >= 0), -1)
    thirds = Counter(p % 12 for row in voices for p in row if p >= 0)
    if (last - major) % 12 in (0, 2, 5, 7, 9):  # ionian, dorian, lydian, mixolydian, aeolian
        minor = thirds[(last + 3) % 12] > thirds[(last + 4) % 12]
        return last, "minor" if minor else "major"
    found = score.analyze("key")
    return found.tonic.pitchClass, str(found.mode)


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.chorale_corpus")
    parser.add_argument("folder", type=Path, help="folder for the chorales")
    given = parser.parse_args(arguments)
    found = build(given.folder)
    print(f"{len(found)} chorales, {sum(len(one.voices[0]) for one in found) // STEPS} quarters")


if __name__ == "__main__":
    main()
