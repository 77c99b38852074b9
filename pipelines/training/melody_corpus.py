"""Fiddle tunes from the corpus of music21, on a grid of sixteenths.

    python -m pipelines.training.melody_corpus DIR

writes ``DIR/tunes.json``. Taken are *Ryan's Mammoth Collection* (1883) and *O'Neill's Music of
Ireland* (1850 tunes, 1903): the tunes are in the public domain, typed in as ABC by volunteers.
Reading them takes minutes (Cuthbert and Ariza 2010, music21), so that it is done once.

A bar is written as whole numbers, a sixteenth each: a MIDI pitch where a note begins, `HOLD`
where what sounds goes on, `REST` where silence begins. Of a chord the top note is kept; grace
notes are left out; what lies off the grid, such as a triplet, is moved to the nearest sixteenth.
A bar that is not full, such as a first upbeat, is null.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from tqdm import tqdm

__all__ = ["COLLECTIONS", "DANCES", "HOLD", "REST", "TUNES", "Tune", "build", "read"]

TUNES = "tunes.json"
COLLECTIONS = ("ryansMammoth", "oneills1850")
"""Folders of music21's corpus."""
DANCES = ("jig", "slip jig", "reel", "hornpipe", "strathspey")
"""Kinds of dances that are told apart."""
NUMBERED = ((701, "jig"), (1116, "slip jig"), (1173, "reel"), (1551, "hornpipe"), (1777, ""))
"""First numbers of the chapters of O'Neill's collection; dances stand together there."""
HOLD, REST = -1, -2
STEPS = 4
"""Steps of the grid in a quarter note."""
Bar = tuple[int, ...]
Event = tuple[Fraction, Fraction, int]
"""Where a note or a rest begins and how long it lasts, in quarters, and its pitch or sign."""


@dataclass(frozen=True)
class Tune:
    """One tune.

    Attributes:
        title: As the collection has it.
        metre: Of its first bar, such as ``6/8``; the tune ends where another begins.
        tonic: Pitch class of its keynote, 0 for C to 11 for B.
        mode: ``major``, ``minor``, ``dorian``, ``mixolydian`` ...
        bars: Every bar, see the module; None for one that is not full.
        dance: Of `DANCES`; empty for a song, a march, and what nobody named.
        close: The last bar where it ends early, as a tune with an upbeat does: with its last note
            held to the end; else None.
    """

    title: str
    metre: str
    tonic: int
    mode: str
    bars: tuple[Bar | None, ...]
    dance: str = ""
    close: Bar | None = None


def build(folder: Path) -> list[Tune]:
    """Read the collections and write ``tunes.json``.

    Raises:
        ValueError: If music21 is not installed; it comes with the extra ``train``.
    """
    try:
        from music21 import converter, corpus
    except ImportError as error:
        raise ValueError("music21 is not installed; pip install duet-studio[train]") from error
    found: list[Tune] = []
    for name in COLLECTIONS:
        for path in tqdm(sorted(map(str, corpus.getComposer(name))), desc=name):
            parsed = converter.parse(path)
            scores = parsed.scores if hasattr(parsed, "scores") else [parsed]
            rhythms = _rhythms(Path(path).read_text(encoding="utf-8", errors="replace"))
            for score in scores:
                tune = _tune(score)
                if tune is not None:
                    number = _number(score)
                    chapter = number if name == "oneills1850" else 0
                    dance = dance_of(rhythms.get(number, ""), tune.title, chapter)
                    found.append(replace(tune, dance=dance))
    if not found:
        raise ValueError(f"the corpus of music21 has none of {', '.join(COLLECTIONS)}")
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"schema": 1, "tunes": [asdict(tune) for tune in found]})
    (folder / TUNES).write_text(text, encoding="utf-8")
    return found


def read(folder: Path) -> list[Tune]:
    """The tunes that `build` wrote.

    Raises:
        ValueError: If they are not there or cannot be read.
    """
    try:
        told = json.loads((folder / TUNES).read_text(encoding="utf-8"))["tunes"]
        return [
            Tune(
                **(one | {"bars": tuple(map(_bar, one["bars"])), "close": _bar(one.get("close"))})
            )
            for one in told
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"data={folder} has no {TUNES} that can be read: {error}") from error


def _bar(steps: Sequence[int] | None) -> Bar | None:
    return None if steps is None else tuple(int(step) for step in steps)


def dance_of(rhythm: str, title: str, number: int) -> str:
    """Which of `DANCES` a tune is.

    Args:
        rhythm: What its source calls it; empty for nothing.
        title: Of the tune, which often ends with the name of the dance.
        number: In O'Neill's collection, from 1; 0 for tunes of another.

    >>> dance_of("", "Picnic -- Reel.", 0), dance_of("slipjig", "", 0), dance_of("", "", 1600)
    ('reel', 'slip jig', 'hornpipe')
    """
    for text in (rhythm, title):
        words = re.sub(r"slip *jig", "slip jig", text.casefold())
        for dance in sorted(DANCES, key=len, reverse=True):
            if re.search(rf"\b{dance}\b", words):
                return dance
    found = [dance for first, dance in NUMBERED if number >= first]
    return found[-1] if found else ""


def _rhythms(abc: str) -> dict[int, str]:
    """What the fields R of a file in ABC say, by the number of the tune."""
    found: dict[int, str] = {}
    number = 0
    for line in abc.splitlines():
        field, _, value = line.partition(":")
        if field == "X":
            number = _whole(value)
        elif field == "R" and number not in found:
            found[number] = value.strip()
    return found


def _number(score: Any) -> int:  # noqa: ANN401 - music21 has no types
    return _whole(str(score.metadata.number or "")) if score.metadata else 0


def _whole(text: str) -> int:
    digits = re.search(r"[0-9]+", text)
    return int(digits[0]) if digits else 0


def _tune(score: Any) -> Tune | None:  # noqa: ANN401 - music21 has no types
    """A tune of one voice, or None for what is not one."""
    from music21 import key, meter

    if not score.parts:
        return None
    flat = score.parts[0].recurse()
    signature = flat.getElementsByClass(key.KeySignature).first()
    metre = flat.getElementsByClass(meter.TimeSignature).first()
    tonic = getattr(signature, "tonic", None)
    if tonic is None or metre is None:
        return None
    measures: list[list[Event]] = []
    for measure in score.parts[0].getElementsByClass("Measure"):
        changed = measure.timeSignature
        if changed is not None and changed.ratioString != metre.ratioString:
            break
        measures.append(list(_events(measure)))
    bars, close = _grids(measures, Fraction(metre.barDuration.quarterLength))
    title = str(score.metadata.title or "") if score.metadata else ""
    mode = str(getattr(signature, "mode", None) or "major")
    return Tune(title, metre.ratioString, tonic.pitchClass, mode, tuple(bars), close=close)


def _grids(
    measures: Sequence[Sequence[Event]], length: Fraction
) -> tuple[list[Bar | None], Bar | None]:
    """Every bar of ``length`` quarters on the grid, or None if it is not full, and the close.

    A bar that ends early before a repeat, and the upbeat after it, are one.
    """
    found: list[Bar | None] = []
    waiting: list[Event] = []
    for events in measures:
        whole = [*waiting, *((_end(waiting) + at, lasts, sign) for at, lasts, sign in events)]
        if waiting and _end(whole) != length:
            found.append(None)
            whole = list(events)
        short = 0 < _end(whole) < length
        waiting = whole if short else []
        if not short:
            found.append(_grid(whole, length))
    end = _end(waiting)
    close = _grid([*waiting, (end, length - end, HOLD)], length) if found and waiting else None
    return found, close


def _end(events: Sequence[Event]) -> Fraction:
    return events[-1][0] + events[-1][1] if events else Fraction(0)


def _grid(events: Sequence[Event], length: Fraction) -> Bar | None:
    """A bar of ``length`` quarters on the grid, or None if it is not full."""
    steps = [HOLD] * int(length * STEPS)
    at = Fraction(0)
    for begin, lasts, sign in events:
        if begin != at:
            return None
        place = round(begin * STEPS)
        if place < len(steps) and steps[place] == HOLD:
            steps[place] = sign
        at = begin + lasts
    return tuple(steps) if at == length and steps else None


def _events(measure: Any) -> Iterator[Event]:  # noqa: ANN401 - music21 has no types
    for event in measure.notesAndRests:
        lasts = Fraction(event.quarterLength).limit_denominator(48)
        if lasts == 0:  # a grace note
            continue
        begin = Fraction(event.offset).limit_denominator(48)
        if event.isRest:
            yield begin, lasts, REST
        elif event.tie is not None and event.tie.type in ("stop", "continue"):
            yield begin, lasts, HOLD
        else:
            yield begin, lasts, max(pitch.midi for pitch in event.pitches)


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.melody_corpus")
    parser.add_argument("folder", type=Path, help="folder for the tunes")
    given = parser.parse_args(arguments)
    found = build(given.folder)
    print(f"{len(found)} tunes, {sum(len(tune.bars) for tune in found)} bars")


if __name__ == "__main__":
    main()
