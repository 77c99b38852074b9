"""English verse from a small Llama that writes piece by piece of words.

Equations (Touvron et al. 2023, https://arxiv.org/abs/2302.13971)::

    x_i ~ N(0, I)              seed -> latent map of `pipelines.latents`, for every place, [D]
    c_i = argmax_c log p(c | form, c_1 ... c_(i-1)) + G(f_c . x_i)   see `pipelines.verse.drawing`

The latent is the noise of all places of the longest form, one layer, [1, 448 D]; a line has the
same noise in every form. As for Tang verse (`pipelines.verse.tang`), a walk in the latent space
changes a stanza word by word, and a line that is kept stays while the others are drawn anew,
each knowing the lines before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipelines.artifact import Artifact
from pipelines.attachments import Attached
from pipelines.controls import Choice, Control, Prompt, Seed, settings
from pipelines.latents import Direction, LatentSpace, on_shell
from pipelines.pipeline import Card, Run
from pipelines.request import Request
from pipelines.verse import control_vectors
from pipelines.verse.drawing import Chances
from pipelines.verse.poet import REFERENCE, Poet, no_such_place
from pipelines.verse.poet_controls import chances_of_words
from pipelines.verse.stanza_forms import DEFAULT, END, FORMS, MOST, SCHEMES, WIDEST, lines_of
from pipelines.verse.stanza_wishes import wishes_of
from pipelines.verse.stanza_words import likely
from pipelines.verse.stanza_writing import write

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.networks.writer import TokenWriter
    from pipelines.verse.stanza_files import Parts

__all__ = ["EnglishVerse", "load"]


@dataclass(frozen=True)
class EnglishVerse(Poet):
    """The pipeline of one trained model.

    Attributes:
        card: See `Card`.
        parts: Its network, pieces of words and tables.
    """

    card: Card
    parts: Parts

    @cached_property
    def latent_space(self) -> LatentSpace:
        """The noise, one layer; the control vectors stand beside it."""
        return LatentSpace.of_noise((1, self.parts.places * self.parts.noise), self.vectors)

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Form, seed, what is given, and how freely words are drawn."""
        steering = control_vectors.sliders(self.vectors)
        return (*_words(), *steering, *chances_of_words(len(self.parts.tokens)))

    @property
    def finishes(self) -> tuple[str, ...]:
        """See `pipelines.abilities.Finishable`: there are no other characters."""
        return ("polish",)

    @property
    def spellings(self) -> frozenset[str]:
        """See `pipelines.abilities.Lettered`."""
        return self.parts.words

    def reading(self, text: str, form: str) -> list[int]:
        """See `Poet`."""
        return [*self.parts.prefix(lines_of(text), FORMS[form].lines), self.parts.number(END)]

    def as_read(self, work: Artifact) -> tuple[str, str]:
        """See `Poet`."""
        return self.parts.told(lines_of(work.words))

    def steered(self, vectors: tuple[Direction, ...]) -> EnglishVerse:
        """See `Poet`."""
        return replace(self, parts=replace(self.parts, vectors=vectors))

    def taught(self, poet: TokenWriter) -> EnglishVerse:
        """See `Poet`."""
        decoder = self.parts.kind.ready(poet)
        return replace(self, parts=replace(self.parts, poet=poet, decoder=decoder))

    def save(self, folder: Path, config: dict[str, Any]) -> None:
        """See `Poet`."""
        self.parts.kind.save(self.poet, self.parts.tokenizer, folder, config)

    def words_at(self, work: Artifact, line: int, place: int, num: int) -> list[tuple[str, float]]:
        """See `pipelines.abilities.Wordy`."""
        lines = lines_of(work.words)
        if not (0 <= line < len(lines) and 0 <= place < len(lines[line].split(" "))):
            raise no_such_place(line, place)
        return likely(self.parts, lines, (line, place), num, self.added(work.request))

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """The stanza as it grows, line by line, then whole.

        Raises:
            ControlError: For words that the form or the model cannot take; see `wishes_of`.
        """
        values = settings(self.controls, request.controls)
        wishes = wishes_of(values, self.parts.begins.__contains__)
        noise = on_shell(self.place(request)).reshape(self.parts.places, self.parts.noise)
        for lines in write(self.parts, wishes, noise, Chances.of(values), self.added(request)):
            run.pause()
            if run.previews or len(lines) == wishes.form.lines:
                yield Artifact("verse", "\n".join(lines), request, REFERENCE)


def _words() -> tuple[Control, ...]:
    return (
        Choice(
            name="form",
            label="Form",
            options=tuple(FORMS),
            default=DEFAULT,
            group="kind",
            doc="How many lines: 2, 4, 6, 8 or 14.",
        ),
        Choice(
            name="rhyme",
            label="Rhyme",
            options=("free", *SCHEMES),
            default="free",
            doc="Which lines rhyme: as they come, aabb, abab or abcb.",
        ),
        Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
        Prompt(
            name="first_line",
            label="First line",
            max_length=2 * WIDEST,
            doc="The poem begins with it; empty leaves it to the model.",
        ),
        Prompt(
            name="acrostic",
            label="Acrostic",
            max_length=4 * MOST,
            doc="The letters that the lines begin with, from the first; empty rests.",
        ),
        Prompt(
            name="kept_lines",
            label="Kept lines",
            max_length=2 * MOST * WIDEST,
            group="hidden",
            follows=("form",),
            doc="Lines that stay, told apart by a slash; an empty one is drawn.",
        ),
    )


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> EnglishVerse:
    """Load a trained model; see `pipelines.catalog.Family`. Its folder holds all its parts."""
    from pipelines.verse.stanza_files import read

    return EnglishVerse(card, read(folder))
