"""Tang poems from a folder with ``tang.json``: forms, characters and splits.

The file is a list of objects whose ``p`` is a list of couplets (or lines) with their marks. What
is no poem of 4 or 8 lines of 5 or 7 Chinese characters is left out. The same poem often stands
under two names with a few other characters: poems that share two lines are one group, and a hash
of the group says which split it is in.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from pipelines.training.splits import Split, splits_of
from pipelines.verse.forms import COMMA, FORMS, STOP, Form, mark

__all__ = ["SPECIAL", "Poem", "load_poems", "sequences", "vocabulary"]

SPECIAL = ("<pad>", "<unk>", "</s>", *(form.token for form in FORMS.values()), COMMA, STOP)
"""Tokens that are no characters, in this order; the characters follow."""
_LINE = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]+")
_BREAK = re.compile(f"[{COMMA}{STOP}？！；、]")


@dataclass(frozen=True)
class Poem:
    """One poem.

    Attributes:
        lines: Its lines, without marks.
        split: Where it belongs.
    """

    lines: tuple[str, ...]
    split: Split

    @property
    def form(self) -> Form:
        """Its form."""
        return Form(len(self.lines[0]), len(self.lines))


def load_poems(folder: Path) -> list[Poem]:
    """Every poem once, in the order of the file.

    Raises:
        ValueError: If there is no readable ``tang.json`` with at least one poem.
    """
    place = folder / "tang.json"
    try:
        told = json.loads(place.read_text(encoding="utf-8"))
        texts = [_lines(entry["p"]) for entry in told]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"data={folder} has no tang.json that can be read: {error}") from error
    kept = list(dict.fromkeys(lines for lines in texts if lines is not None))
    if not kept:
        raise ValueError(f"data={place} has no poem of {', '.join(FORMS)} characters x lines")
    splits = splits_of(kept, ["".join(lines) for lines in kept])
    return [Poem(lines, split) for lines, split in zip(kept, splits, strict=True)]


def _lines(parts: Iterable[str]) -> tuple[str, ...] | None:
    lines = tuple(line for line in _BREAK.split("".join(parts)) if line)
    fits = lines and f"{len(lines[0])}x{len(lines)}" in FORMS
    whole = fits and all(_LINE.fullmatch(x) and len(x) == len(lines[0]) for x in lines)
    return lines if whole else None


def vocabulary(poems: Iterable[Poem], least: int) -> list[str]:
    """All tokens: special ones, then characters that stand ``least`` times, commonest first."""
    counts = Counter(sign for poem in poems for line in poem.lines for sign in line)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [*SPECIAL, *(sign for sign, count in ranked if count >= least)]


def sequences(poems: Iterable[Poem], tokens: Sequence[str]) -> dict[str, Int[Tensor, "M L"]]:
    """The poems of every form as tokens: the form, the lines with their marks, the end."""
    number = {token: i for i, token in enumerate(tokens)}
    unknown = number["<unk>"]
    found: dict[str, list[list[int]]] = defaultdict(list)
    for poem in poems:
        signs = [s for i, line in enumerate(poem.lines) for s in (*line, mark(i))]
        whole = (poem.form.token, *signs, "</s>")
        found[poem.form.name].append([number.get(token, unknown) for token in whole])
    return {name: torch.tensor(rows) for name, rows in sorted(found.items())}
