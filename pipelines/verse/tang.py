"""Tang verse from a small Llama that writes character by character.

Equations (Touvron et al. 2023, https://arxiv.org/abs/2302.13971)::

    x_i ~ N(0, I)              seed -> latent map of `pipelines.latents`, for every place, [D]
    c_i = argmax_c log p(c | form, c_1 ... c_(i-1)) + G(f_c . x_i)   see `pipelines.verse.writing`

The latent is the noise of all places of the largest form, one layer, [1, 56 D]; a place has the
same noise in every form. So a walk in the latent space changes a poem word by word, and a line
that is kept (``kept_lines``) stays while the others are drawn anew. The network reads from left
to right: a line is drawn knowing those before it, of those after it only the rhyme.

Characters are drawn in torch on the CPU, always: every engine writes the same poem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached, Attachment
from pipelines.controls import Choice, Control, Prompt, Seed, Slider, Value, settings
from pipelines.errors import ControlError, LatentError
from pipelines.latents import LatentSpace, on_shell
from pipelines.pipeline import Card, Network, Run
from pipelines.request import Request, Weights
from pipelines.sampling import freedom
from pipelines.shaping import FromNoise
from pipelines.verse.forms import DEFAULT, FORMS, lines_of, text_of
from pipelines.verse.wishes import wishes_of
from pipelines.verse.writing import NOISE, PLACES, Chances, likely, write

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.verse.tang_files import Parts

__all__ = ["Tang", "load"]

Array = NDArray[np.float32]
REFERENCE = "torch-cpu-f32"


@dataclass(frozen=True)
class Tang(FromNoise):
    """The pipeline of one trained model.

    Attributes:
        card: See `Card`.
        parts: Its network, characters and tables.
    """

    noise: ClassVar[str] = "verse"

    card: Card
    parts: Parts

    @property
    def weights(self) -> Weights:
        """See `Pipeline`."""
        return self.parts.weights

    @cached_property
    def latent_space(self) -> LatentSpace:
        """The noise, one layer."""
        return LatentSpace.of_noise((1, PLACES * NOISE))

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Form, seed, what is given, and how freely characters are drawn."""
        return (*_words(), *_freedom(len(self.parts.tokens)))

    @property
    def teaching(self) -> tuple[str, ...]:
        """See `pipelines.abilities.Teachable`."""
        return ("verse-dpo",)

    @property
    def inputs(self) -> tuple[Attachment, ...]:
        """None: what is given is text, and stands in the controls."""
        return ()

    def networks(self) -> tuple[str, ...]:
        """None that an engine runs; see the module."""
        return ()

    def network(self, name: str) -> Network:
        """See `Pipeline`."""
        raise LatentError("unknown_network", name=name, rule="not a network of this family")

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """Nothing: the seed decides no other control."""
        return {}

    def words_at(self, work: Artifact, line: int, place: int, num: int) -> list[tuple[str, float]]:
        """See `pipelines.abilities.Wordy`."""
        lines = lines_of(work.words)
        if not (0 <= line < len(lines) and 0 <= place < len(lines[line])):
            raise ControlError(
                "no_such_place",
                name="place",
                value=f"{line}, {place}",
                rule="not in the poem",
                remedy="point at one of its words",
            )
        wishes = wishes_of(
            settings(self.controls, work.request.controls), self.parts.begins.__contains__
        )
        return likely(self.parts, wishes, lines, (line, place), num)

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """The poem as it grows, line by line, then whole.

        Raises:
            ControlError: For words that the form or the model cannot take; see `wishes_of`.
        """
        values = settings(self.controls, request.controls)
        wishes = wishes_of(values, self.parts.begins.__contains__)
        noise = on_shell(self.place(request)).reshape(PLACES, NOISE)
        chances = Chances(
            float(values["temperature"]),
            int(values["top_k"]),
            float(values["top_p"]),
            float(values["min_p"]),
            float(values["repetition_penalty"]),
        )
        for lines in write(self.parts, wishes, noise, chances):
            run.pause()
            if run.previews or len(lines) == wishes.form.lines:
                yield Artifact("verse", text_of(lines), request, REFERENCE)


def _words() -> tuple[Control, ...]:
    longest = max(form.length for form in FORMS.values())
    most = max(form.lines for form in FORMS.values())
    return (
        Choice(
            name="form",
            label="Form",
            options=tuple(FORMS),
            default=DEFAULT,
            group="kind",
            doc="Characters of a line, and lines of the poem.",
        ),
        Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
        Prompt(
            name="first_line",
            label="First line",
            max_length=4 * longest,
            doc="The poem begins with it; empty leaves it to the model.",
        ),
        Prompt(
            name="acrostic",
            label="Acrostic",
            max_length=4 * most,
            doc="The characters that the lines begin with, from the first; empty rests.",
        ),
        Prompt(
            name="kept_lines",
            label="Kept lines",
            max_length=4 * most * longest,
            group="hidden",
            follows=("form",),
            doc="Lines that stay, told apart by a slash; an empty one is drawn.",
        ),
        Choice(
            name="rhyme",
            label="Rhyme",
            options=("kept", "free"),
            default="kept",
            group="more",
            doc="Whether the second line of every couplet has to rhyme.",
        ),
    )


def _freedom(count: int) -> tuple[Control, ...]:
    temperature, top_p, top_k = freedom(count, "word", daring=0.8)
    return (
        temperature,
        top_p,
        Slider(
            name="repetition_penalty",
            label="No word twice",
            default=1.0,
            minimum=1.0,
            maximum=2.0,
            doc="How much less likely a word is that stands in the poem (repetition_penalty).",
        ),
        top_k,
        Slider(
            name="min_p",
            label="Least share",
            default=0.0,
            minimum=0.0,
            maximum=1.0,
            group="more",
            doc="Words need this share of the likeliest one's chance (min_p).",
        ),
    )


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> Tang:
    """Load a trained model; see `pipelines.catalog.Family`. Its folder holds all its parts.

    Raises:
        WeightsError: If a file is missing, damaged, or does not fit the configuration.
    """
    from pipelines.verse.tang_files import read

    return Tang(card, read(folder))
