"""The operations there are, each with its controls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Medium
from pipelines.controls import Choice, Control, Slider, Value, defaults
from pipelines.finishing import colour, enlarging, surface
from pipelines.finishing.colour import banded
from pipelines.run import never
from pipelines.verse import stanza_forms
from pipelines.verse.polish import Polish, polished
from pipelines.verse.script import simplified
from pipelines.verse.stanza_wishes import own_words

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["OPERATIONS", "Operation", "Setting", "Values"]

Values = Mapping[str, Value]


@dataclass(frozen=True)
class Setting:
    """What an operation knows beside its values.

    Attributes:
        seed: Of the recipe; everything random comes from it.
        wraps: Whether the picture goes on at the opposite edge.
        draft: Whether a stand-in will do, because the hand still moves.
        pause: Called between the parts of long work; may raise to end it.
        controls: Of the recipe.
        bare: Of verse: the words as they were written, before any finish.
        known: Of verse: the words that the model has read, in small letters.
    """

    seed: int = 0
    wraps: bool = False
    draft: bool = False
    pause: Callable[[], object] = never
    controls: Values = field(default_factory=dict)
    bare: str = ""
    known: Collection[str] = ()


@dataclass(frozen=True)
class Operation:
    """One way to finish a work.

    Attributes:
        name: As steps name it.
        label: English, in the artist's words.
        doc: One sentence.
        controls: Its values; at their defaults a work stays as it is, to the byte.
        apply: The work's data, every value and the setting -> the data.
        strengths: Values of which one must differ from its default for anything to happen.
        slow: Whether its result is worth holding on to.
    """

    name: str
    label: str
    doc: str
    controls: tuple[Control, ...]
    apply: Callable[[Any, Values, Setting], Any]
    strengths: tuple[str, ...]
    slow: bool = False

    def idle(self, values: Values) -> bool:
        """Whether these values change nothing."""
        starts = defaults(self.controls)
        return all(values.get(name, starts[name]) == starts[name] for name in self.strengths)


def _on_colours(picture: Image, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> Image:
    """The picture with its colours changed and its transparency as it was."""
    from PIL import Image as pil  # noqa: N813 - the class hides the module

    made = pil.fromarray(np.ascontiguousarray(change(np.asarray(picture.convert("RGB")))))
    if picture.mode == "RGBA":
        made.putalpha(picture.getchannel("A"))
    return made


def _colour(picture: Image, values: Values, _: Setting) -> Image:
    given = {name: float(value) for name, value in values.items()}

    def change(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return colour.adjusted(pixels, **given)

    return _on_colours(picture, lambda x: banded(change, x))


def _contrast(picture: Image, values: Values, _: Setting) -> Image:
    change = partial(colour.contrasted, contrast=float(values["contrast"]))
    return _on_colours(picture, lambda x: banded(change, x))


def _sharpening(picture: Image, values: Values, setting: Setting) -> Image:
    given = {name: float(value) for name, value in values.items()}
    return _on_colours(picture, lambda x: surface.sharpened(x, **given, wraps=setting.wraps))


def _grain(picture: Image, values: Values, setting: Setting) -> Image:
    given = {name: float(value) for name, value in values.items()}
    return _on_colours(picture, lambda x: surface.grained(x, **given, seed=setting.seed))


def _paper(picture: Image, values: Values, setting: Setting) -> Image:
    given = {name: float(value) for name, value in values.items()}
    return _on_colours(picture, lambda x: surface.on_paper(x, **given, seed=setting.seed))


def _upscaling(picture: Image, values: Values, setting: Setting) -> Image:
    factor, name = int(values["factor"]), str(values["upscaler"])
    enlarging.check_size(picture.size, factor)
    if setting.draft:
        return enlarging.stood_in(picture, factor)
    network = enlarging.upscaler(name)
    return enlarging.enlarged_by(
        network, picture, factor, wraps=setting.wraps, pause=setting.pause
    )


def _polish(poem: str, values: Values, setting: Setting) -> str:
    form = stanza_forms.FORMS.get(str(setting.controls.get("form", "")))
    return polished(
        poem,
        Polish(**{name: value == "mended" for name, value in values.items()}),
        own=own_words(setting.controls),
        bare=setting.bare,
        known=setting.known,
        whole=not form or len(stanza_forms.lines_of(poem)) >= form.lines,
    )


def _slider(name: str, label: str, doc: str, low: float, high: float, **more: float) -> Slider:
    return Slider(name=name, label=label, doc=doc, minimum=low, maximum=high, **more)  # type: ignore[arg-type]


COLOUR = Operation(
    "colour",
    "Colour",
    "Warmth, saturation, hue and lightness of the whole picture (OKLab).",
    (
        _slider("warmth", "Warmth", "Towards amber or blue.", -1, 1),
        _slider("saturation", "Saturation", "Stronger or fainter colour; -1 is grey.", -1, 1),
        _slider("hue", "Hue", "Turns all hues, in degrees.", -180, 180, step=1, whole=True),
        _slider("lightness", "Lightness", "Lighter or darker; black and white stay.", -1, 1),
    ),
    _colour,
    ("warmth", "saturation", "hue", "lightness"),
)
CONTRAST = Operation(
    "contrast",
    "Contrast",
    "Lights and darks further apart or nearer, about middle grey.",
    (_slider("contrast", "Contrast", "More or less between light and dark.", -1, 1),),
    _contrast,
    ("contrast",),
)
UPSCALING = Operation(
    "upscaling",
    "Size",
    "More pixels, by a small network.",
    (
        Choice(
            name="factor",
            label="Size",
            doc="How many times as many pixels a side.",
            options=("1", "2", "4"),
            default="1",
        ),
        Choice(
            name="upscaler",
            label="Network",
            doc="Which network enlarges.",
            options=enlarging.UPSCALERS,
            default=enlarging.UPSCALERS[-1],
            group="hidden",
        ),
    ),
    _upscaling,
    ("factor",),
    slow=True,
)
SHARPENING = Operation(
    "sharpening",
    "Sharpness",
    "Crisper edges (unsharp mask).",
    (
        _slider("sharpness", "Sharpness", "How much crisper edges become.", 0, 1),
        _slider("radius", "Edge width", "Width of what counts as an edge, in pixels.", 0.5, 4,
                default=1.5, step=0.1),
    ),
    _sharpening,
    ("sharpness",),
)  # fmt: skip
GRAIN = Operation(
    "grain",
    "Grain",
    "Fine grain as of film, the same for the same seed.",
    (
        _slider("grain", "Grain", "How strong the grain is.", 0, 1),
        _slider("grain_size", "Grain size", "Size of a grain, in pixels.", 0.5, 4,
                default=1, step=0.1),
    ),
    _grain,
    ("grain",),
)  # fmt: skip
PAPER = Operation(
    "paper",
    "Paper",
    "The tooth of rough paper, lit from the upper left.",
    (
        _slider("texture", "Paper texture", "How rough the paper looks.", 0, 1),
        _slider("texture_size", "Tooth", "Coarser or finer paper.", 0.5, 4, default=1, step=0.1),
    ),
    _paper,
    ("texture",),
)

SCRIPT = Operation(
    "script",
    "Characters",
    "Traditional or simplified characters.",
    (
        Choice(
            name="script",
            label="Characters",
            doc="Traditional or simplified characters.",
            options=("traditional", "simplified"),
            default="traditional",
        ),
    ),
    lambda poem, values, setting: simplified(poem),
    ("script",),
)


def _mended(name: str, label: str, doc: str) -> Choice:
    return Choice(
        name=name, label=label, doc=doc, options=("written", "mended"), default="written"
    )


POLISH = Operation(
    "polish",
    "Polish",
    "Spelling, punctuation and line length of English verse; the person's words stay.",
    (
        _mended("spelling", "Spelling", "A capital I, and words that are one letter wrong."),
        _mended("punctuation", "Punctuation", "Marks, quotes, capitals, and a mark at the end."),
        _mended("line_length", "Line length", "Shortens words of lines that are too long: o’er."),
    ),
    _polish,
    ("spelling", "punctuation", "line_length"),
)

OPERATIONS: Mapping[Medium, Mapping[str, Operation]] = {
    "picture": {one.name: one for one in (COLOUR, CONTRAST, UPSCALING, SHARPENING, GRAIN, PAPER)},
    "music": {},
    "drums": {},
    "verse": {SCRIPT.name: SCRIPT, POLISH.name: POLISH},
}
"""By medium and name, in the order in which a page adds them."""
