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
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached
from pipelines.controls import Choice, Control, Prompt, Seed, settings
from pipelines.latents import Direction, LatentSpace, on_shell
from pipelines.networks.verse_files import save_poet
from pipelines.pipeline import Card, Run
from pipelines.request import Request
from pipelines.verse import control_vectors
from pipelines.verse.drawing import Chances
from pipelines.verse.forms import DEFAULT, FORMS, lines_of, mark, text_of
from pipelines.verse.poet import REFERENCE, Poet, no_such_place
from pipelines.verse.poet_controls import chances_of_words
from pipelines.verse.wishes import wishes_of
from pipelines.verse.writing import NOISE, PLACES, likely, write

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.networks.verse import PoemTransformer
    from pipelines.networks.writer import TokenWriter
    from pipelines.verse.tang_files import Parts

__all__ = ["Tang", "load"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Tang(Poet):
    """The pipeline of one trained model.

    Attributes:
        card: See `Card`.
        parts: Its network, characters and tables.
    """

    card: Card
    parts: Parts

    @cached_property
    def latent_space(self) -> LatentSpace:
        """The noise, one layer; the control vectors stand beside it."""
        return LatentSpace.of_noise((1, PLACES * NOISE), self.vectors)

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Form, seed, what is given, and how freely characters are drawn."""
        steering = control_vectors.sliders(self.vectors)
        return (*_words(), *steering, *chances_of_words(len(self.parts.tokens)))

    def reading(self, text: str, form: str) -> list[int]:
        """See `Poet`."""
        lines = lines_of(text)
        signs = [sign for number, line in enumerate(lines) for sign in (*line, mark(number))]
        return [self.parts.number(sign) for sign in (FORMS[form].token, *signs, "</s>")]

    def as_read(self, work: Artifact) -> tuple[str, str]:
        """See `Poet`."""
        form = FORMS[str(settings(self.controls, work.request.controls)["form"])]
        return form.token, work.words.replace("\n", "")

    def steered(self, vectors: tuple[Direction, ...]) -> Tang:
        """See `Poet`."""
        return replace(self, parts=replace(self.parts, vectors=vectors))

    def taught(self, poet: TokenWriter) -> Tang:
        """See `Poet`."""
        parts = replace(self.parts, poet=cast("PoemTransformer", poet))
        return replace(self, parts=parts)

    def save(self, folder: Path, config: dict[str, Any]) -> None:
        """See `Poet`."""
        save_poet(self.parts.poet, self.parts.tokens, folder, config)

    def words_at(self, work: Artifact, line: int, place: int, num: int) -> list[tuple[str, float]]:
        """See `pipelines.abilities.Wordy`."""
        lines = lines_of(work.words)
        if not (0 <= line < len(lines) and 0 <= place < len(lines[line])):
            raise no_such_place(line, place)
        wishes = wishes_of(
            settings(self.controls, work.request.controls), self.parts.begins.__contains__
        )
        return likely(self.parts, wishes, lines, (line, place), num, self.added(work.request))

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """The poem as it grows, line by line, then whole.

        Raises:
            ControlError: For words that the form or the model cannot take; see `wishes_of`.
        """
        values = settings(self.controls, request.controls)
        wishes = wishes_of(values, self.parts.begins.__contains__)
        noise = on_shell(self.place(request)).reshape(PLACES, NOISE)
        for lines in write(self.parts, wishes, noise, Chances.of(values), self.added(request)):
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


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> Tang:
    """Load a trained model; see `pipelines.catalog.Family`. Its folder holds all its parts."""
    from pipelines.verse.tang_files import read

    return Tang(card, read(folder))
