"""Carry what a work says over into a recipe of another model.

A link gives its target ``weight * z``, and what several give to one target is added up: s. How a
model takes a quality is up to it, and the first that it has counts:

    a slider of that name    default + s steps, within its bounds; a step is one of a direction,
                             or of `STEPS`
    ``mode``                 the option at the share Phi(s) of those that it has, dark to bright;
                             Phi the normal distribution function
    ``tempo`` of a tempo     the tempo itself, so that the two go together: `TEMPO` and s steps
    words in its prompt      the word for much or for little, from |s| = 0.5
    ``words``                as its prompt, those that it knows; or the first kind that they name

A quality that the model does not have asks for nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.abilities import Listening
from pipelines.across.links import WORDS, Link
from pipelines.across.reading import MODES, TEMPO, Reading
from pipelines.across.words import QUALITIES, shown
from pipelines.controls import Choice, Control, Slider, Value
from pipelines.pipeline import Instrument
from pipelines.request import Request

__all__ = ["Carried", "Crossing", "carry", "takes"]

ENOUGH = 0.5
"""Standard deviations from which a quality is worth a word."""
MOST_WORDS = 16
"""Most words in a prompt."""
STEPS: Mapping[str, float] = {"tempo": TEMPO[1]}
"""By slider: one step, in its own unit."""
MODE, KINDS, PROMPT = "mode", "species", "prompt"
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Carried:
    """What one link came to.

    Attributes:
        link: See `Link`.
        told: z of the source, or the words; None where the work does not say it.
        control: Which control took it; empty where the model has none, or nothing was asked.
        value: What that control has now, of all links to it.
    """

    link: Link
    told: float | str | None
    control: str = ""
    value: Value | None = None


@dataclass(frozen=True)
class Crossing:
    """A recipe that says in its own medium what another work says.

    Attributes:
        request: Of the other model.
        carried: What each link came to, in order.
    """

    request: Request
    carried: tuple[Carried, ...]


def takes(instrument: Instrument) -> tuple[str, ...]:
    """The qualities that a model can be asked for, its controls first."""
    controls = _controls(instrument)
    found = [name for name, one in controls.items() if _counted(one)]
    if _listens(instrument):
        found += [name for name in QUALITIES if name not in found]
    if _listens(instrument) or KINDS in controls:
        found.append(WORDS)
    return tuple(found)


def carry(
    reading: Reading,
    instrument: Instrument,
    links: Sequence[Link],
    *,
    seed: int = 0,
    onto: Mapping[str, Value] | None = None,
) -> Crossing:
    """The recipe that the links ask for.

    Args:
        reading: What the work says.
        instrument: The model of the work to be made.
        links: Lines of the table; those to qualities that the model lacks come to nothing.
        seed: Of the recipe: what is not asked for is drawn from it.
        onto: Other controls by name, which stay where no link speaks of them.

    Raises:
        ControlError: For a control of ``onto`` that the model does not have, or its value.
    """
    asked: dict[str, float] = {}
    for link in links:
        if link.weight and link.target != WORDS and link.source in reading.values:
            beats = _beats(reading, link)
            z = reading.values[link.source] if beats is None else (beats - TEMPO[0]) / TEMPO[1]
            more = link.weight * z
            asked[link.target] = asked.get(link.target, 0.0) + more
    controls = _controls(instrument)
    takers = {name: name for name in asked if name in controls and _counted(controls[name])}
    together = any(link.weight and _beats(reading, link) is not None for link in links)
    usual = {"tempo": TEMPO[0]} if together else {}
    values = {name: _value(controls[name], asked[name], usual.get(name)) for name in takers}
    said = [
        (name, QUALITIES[name][s > 0])
        for name, s in asked.items()
        if name in QUALITIES and name not in takers and abs(s) >= ENOUGH
    ]
    if any(link.weight and link.target == WORDS for link in links):
        said.insert(0, (WORDS, shown(reading.words)))
    taker, text, heard = _in_words(instrument, said)
    if text:
        values[taker] = text
        takers |= dict.fromkeys(heard, taker)
    request = instrument.request(**{**(onto or {}), "seed": seed, **values})
    return Crossing(request, tuple(_carried(one, reading, takers, values) for one in links))


def _controls(instrument: Instrument) -> dict[str, Control]:
    return {control.name: control for control in instrument.controls}


def _listens(instrument: Instrument) -> bool:
    return isinstance(instrument.pipeline, Listening) and PROMPT in _controls(instrument)


def _counted(control: Control) -> bool:
    """Whether a control takes a number of standard deviations."""
    if isinstance(control, Slider):
        return control.name in STEPS or (control.direction is not None and control.group == "main")
    return isinstance(control, Choice) and control.name == MODE


def _beats(reading: Reading, link: Link) -> float | None:
    """The tempo that a link gives from what sounds to what will, as it is."""
    return reading.beats if link.source == link.target == "tempo" else None


def _value(control: Control, s: float, usual: float | None = None) -> Value:
    """What a control has at ``s`` standard deviations from what is usual."""
    if isinstance(control, Slider):
        middle = control.default if usual is None else usual
        value = middle + s * STEPS.get(control.name, 1.0)
        value = min(max(value, control.minimum), control.maximum)
        return round(value) if control.name in STEPS else round(value, 2) + 0.0
    options = [one for one in MODES if isinstance(control, Choice) and one in control.options]
    share = (1 + math.erf(s / math.sqrt(2))) / 2
    return options[min(int(share * len(options)), len(options) - 1)]


def _in_words(
    instrument: Instrument, said: Sequence[tuple[str, str]]
) -> tuple[str, str, tuple[str, ...]]:
    """The control that takes words, its text, and the qualities that are in it."""
    pipeline = instrument.pipeline
    if isinstance(pipeline, Listening) and _listens(instrument):
        heard = {name: pipeline.heard(text) for name, text in said}
        words = dict.fromkeys(word for told in heard.values() for word in told)
        text = " ".join([*words][:MOST_WORDS])
        return PROMPT, text, tuple(name for name, told in heard.items() if told)
    kinds = _controls(instrument).get(KINDS)
    if isinstance(kinds, Choice):
        for word in _WORD.findall(" ".join(text for name, text in said if name == WORDS).lower()):
            for kind in kinds.options:
                if word in (kind, f"{kind}s", f"{kind}es", f"{kind[:-1]}ies"):
                    return KINDS, kind, (WORDS,)
    return "", "", ()


def _carried(
    link: Link, reading: Reading, takers: Mapping[str, str], values: Mapping[str, Value]
) -> Carried:
    told = (reading.words or None) if link.source == WORDS else reading.values.get(link.source)
    control = takers.get(link.target, "") if link.weight and told is not None else ""
    return Carried(link, told, control, values.get(control))
