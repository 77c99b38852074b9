"""What an artist can change, declared once.

A control knows its bounds, its default and how to check a value. It knows no widget: the page, the
API endpoint, the command line and the tests are all derived from the declaration.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pipelines.errors import ControlError, outside
from pipelines.vocabulary import VOCABULARY

__all__ = [
    "Choice",
    "Control",
    "Group",
    "Prompt",
    "Seed",
    "Slider",
    "Toggle",
    "Value",
    "check_values",
    "defaults",
    "settings",
]

Value = int | float | str | bool
"""What a control may hold."""
Group = Literal["kind", "seed", "main", "more", "hidden"]
"""Where a page may put a control: kind chips, the seed row, the first sliders, behind "More"."""

MAX_SEED = 2**32 - 1

_NUMBERED = re.compile(r"(pca|dimension)_[1-9][0-9]?$")


@dataclass(frozen=True, kw_only=True)
class Control:
    """Base of every control.

    Attributes:
        name: A name of ``VOCABULARY``.
        label: English label, in the artist's words.
        doc: One sentence; the technical term stands here.
        group: Where a page may put it.
        direction: Id of the latent direction that this control moves along, else None.
    """

    name: str
    label: str
    doc: str = ""
    group: Group = "main"
    direction: str | None = None

    def __post_init__(self) -> None:
        """Refuse a name outside the vocabulary and a default outside the control's own rule."""
        if self.name not in VOCABULARY and not _NUMBERED.match(self.name):
            raise ControlError(
                "unknown_control",
                name=self.name,
                rule="not in the vocabulary of controls",
                remedy="add it to pipelines/vocabulary.py with its meaning",
            )
        self.check(self.start)

    @property
    def start(self) -> Value:
        """The default value."""
        raise ControlError("abstract_control", name=self.name, rule="without a kind")

    def check(self, value: object) -> Value:
        """Return ``value`` in its canonical type.

        Raises:
            ControlError: If the value is of the wrong type, not finite or out of range.
        """
        raise ControlError("abstract_control", name=self.name, value=value)

    def refuse(self, value: object, rule: str, remedy: str, code: str = "refused") -> ControlError:
        """An error about this control, for subclasses to raise."""
        return ControlError(code, name=self.name, value=value, rule=rule, remedy=remedy)


@dataclass(frozen=True, kw_only=True)
class Slider(Control):
    """A real (or whole, with ``step`` a whole number and ``whole``) value in a closed interval."""

    default: float = 0.0
    minimum: float = -3.0
    maximum: float = 3.0
    step: float = 0.05
    unit: str = ""
    whole: bool = False

    @property
    def start(self) -> Value:
        """The default value."""
        return int(self.default) if self.whole else float(self.default)

    def check(self, value: object) -> Value:
        """Return the value as ``float`` (``int`` if ``whole``); see `Control.check`."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(value, "not a number", "give a number", "wrong_type")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.refuse(value, "not finite", "give a finite number", "not_finite")
        if not self.minimum <= number <= self.maximum:
            raise outside(self.name, value, self.minimum, self.maximum)
        if self.whole and number != int(number):
            raise self.refuse(value, "not a whole number", "round it", "not_whole")
        return int(number) if self.whole else number


@dataclass(frozen=True, kw_only=True)
class Choice(Control):
    """One of a few named options.

    Attributes:
        options: Their names.
        default: Where it starts.
        relocates: Whether the same seed lands elsewhere in latent space for another option: a page
            then leaves a point behind that was travelled to.
    """

    options: tuple[str, ...]
    default: str
    relocates: bool = True

    @property
    def start(self) -> Value:
        """The default option."""
        return self.default

    def check(self, value: object) -> Value:
        """Return the option; see `Control.check`."""
        if not isinstance(value, str):
            raise self.refuse(value, "not a word", "give one of the options", "wrong_type")
        if value not in self.options:
            rule = f"not one of {', '.join(self.options)}"
            raise self.refuse(value, rule, "choose one of these", "not_an_option")
        return value


@dataclass(frozen=True, kw_only=True)
class Toggle(Control):
    """On or off."""

    default: bool = False

    @property
    def start(self) -> Value:
        """The default state."""
        return self.default

    def check(self, value: object) -> Value:
        """Return the state; see `Control.check`."""
        if not isinstance(value, bool):
            raise self.refuse(value, "neither on nor off", "give true or false", "wrong_type")
        return value


@dataclass(frozen=True, kw_only=True)
class Prompt(Control):
    """A line of text, in Unicode's composed form (NFC).

    Attributes:
        default: Where it starts.
        max_length: Characters at most.
        follows: Names of controls that the text was written for; a page drops it with them.
    """

    default: str = ""
    max_length: int = 200
    follows: tuple[str, ...] = ()

    @property
    def start(self) -> Value:
        """The default text."""
        return self.default

    def check(self, value: object) -> Value:
        """Return the text, composed; see `Control.check`."""
        if not isinstance(value, str):
            raise self.refuse(value, "not a text", "give words", "wrong_type")
        text = unicodedata.normalize("NFC", value)
        if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
            raise self.refuse(value, "not one line of text", "leave control characters out")
        if len(text) > self.max_length:
            rule = f"longer than {self.max_length} characters"
            raise self.refuse(value, rule, "shorten it")
        return text


@dataclass(frozen=True, kw_only=True)
class Seed(Control):
    """A whole number from 0 to 2**32 - 1."""

    default: int = 0
    group: Group = "seed"

    @property
    def start(self) -> Value:
        """The default seed."""
        return self.default

    def check(self, value: object) -> Value:
        """Return the seed as ``int``; see `Control.check`."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(value, "not a number", "give a whole number", "wrong_type")
        if isinstance(value, float) and not value.is_integer():  # also NaN and infinity
            raise self.refuse(value, "not a whole number", "round it", "not_whole")
        if not 0 <= value <= MAX_SEED:
            raise outside(self.name, value, 0, MAX_SEED)
        return int(value)


def defaults(controls: Iterable[Control]) -> dict[str, Value]:
    """Every control's default, by name."""
    return {control.name: control.start for control in controls}


def settings(controls: Iterable[Control], given: Mapping[str, Value]) -> dict[str, Value]:
    """What is given of every control by name, or where it starts."""
    return {control.name: given.get(control.name, control.start) for control in controls}


def check_values(
    controls: Iterable[Control], values: Mapping[str, object], *, owner: str = "this model"
) -> dict[str, Value]:
    """Check values by name; names that are left out are left out of the result.

    Args:
        controls: What there is.
        values: What is asked for.
        owner: Whose controls these are, for messages.

    Raises:
        ControlError: For an unknown name or a refused value.
    """
    known = {control.name: control for control in controls}
    for name, value in values.items():
        if name not in known:
            raise ControlError(
                "unknown_control",
                name=str(name),
                value=value,
                rule=f"not a control of {owner}",
                remedy=f"use one of {', '.join(known)}",
            )
    return {name: known[name].check(value) for name, value in values.items()}
