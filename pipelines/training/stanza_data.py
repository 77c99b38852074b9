"""English stanzas from a folder with ``english_stanzas.txt``: lines, splits and pieces of words.

Stanzas are told apart by an empty line. A stanza of more lines than the longest form is cut into
pieces of that many. Neighbours in the file are mostly of one poem: a stretch of `STRETCH`
stanzas is one group, so are stanzas that share two lines, and a hash of the group says which
split it is in. Words are cut into pieces by byte-pair encoding (Sennrich et al. 2016,
https://arxiv.org/abs/1508.07909), in training each time in another way (Provilkov et al. 2020,
https://arxiv.org/abs/1910.13267).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Int
from torch import Tensor

from pipelines.training.splits import Split, splits_of
from pipelines.verse.endings import Rhymes
from pipelines.verse.stanza_files import told
from pipelines.verse.stanza_forms import (
    END,
    MOST,
    SPECIAL,
    plain,
    readable,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["PAD", "Stanza", "load_stanzas", "pieces_of", "sequences", "text_of"]

FILE = "english_stanzas.txt"
STRETCH = 20
"""Stanzas beside each other that share a split."""
PAD = SPECIAL.index("<pad>")
BUCKET = 64
"""Sequences of like length that are filled to one."""
PIECE = r"▁?[\p{L}\p{M}\p{N}’']+|▁?[^\p{L}\p{M}\p{N}’'▁]|▁"


@dataclass(frozen=True)
class Stanza:
    """One stanza, or a piece of a long one.

    Attributes:
        lines: Its lines.
        split: Where it belongs.
    """

    lines: tuple[str, ...]
    split: Split


def load_stanzas(folder: Path) -> list[Stanza]:
    """Every stanza once, in the order of the file; those with foreign letters are left out.

    Raises:
        ValueError: If there is no readable ``english_stanzas.txt`` with at least one stanza.
    """
    place = folder / FILE
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ValueError(f"data={folder} has no {FILE} that can be read: {error}") from error
    found = [tuple(_lines(part)) for part in re.split(r"\n\s*\n", text)]
    kept = [lines for lines in dict.fromkeys(found) if lines and _readable(lines)]
    if not kept:
        raise ValueError(f"data={place} has no stanza of English verse")
    shared = [
        [*(_bare(line) for line in lines), f"<{i // STRETCH} a>", f"<{i // STRETCH} b>"]
        for i, lines in enumerate(kept)
    ]
    splits = splits_of(shared, ["\n".join(lines) for lines in kept])
    return [
        Stanza(lines[start : start + MOST], split)
        for lines, split in zip(kept, splits, strict=True)
        for start in range(0, len(lines), MOST)
    ]


def _lines(part: str) -> list[str]:
    return [plain(line) for line in part.splitlines() if line.strip()]


def _readable(lines: Iterable[str]) -> bool:
    return all(readable(line) for line in lines)


def _bare(line: str) -> str:
    """A line's letters: the same line with other marks is the same."""
    return re.sub("[^a-z]", "", line.casefold())


def text_of(lines: Sequence[str], rhymes: Rhymes) -> str:
    """A stanza as the network reads it; see `pipelines.verse.stanza_forms`."""
    return "".join(told(lines, rhymes)) + END


def pieces_of(stanzas: Iterable[Stanza], count: int) -> Tokenizer:
    """A fast tokenizer of ``count`` tokens, trained on the lines of some stanzas."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE(unk_token="<unk>"))  # noqa: S106 - no password
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="always", split=False),
            pre_tokenizers.Split(Regex(PIECE), "isolated"),
        ]
    )
    made.decoder = decoders.Metaspace(prepend_scheme="always")
    special = [AddedToken(name, special=True, normalized=False) for name in SPECIAL]
    trainer = trainers.BpeTrainer(
        vocab_size=count, special_tokens=special, show_progress=False, min_frequency=2
    )
    made.train_from_iterator((line for one in stanzas for line in one.lines), trainer)
    return made


def sequences(
    stanzas: Iterable[Stanza], tokenizer: Tokenizer, rhymes: Rhymes, dropout: float = 0.0
) -> dict[str, Int[Tensor, "M L"]]:
    """The stanzas as tokens, those of like length filled with `PAD` to one.

    Args:
        stanzas: What to read.
        tokenizer: See `pieces_of`.
        rhymes: What rhymes.
        dropout: Share of the merges that are left out; ``tokenizers`` draws them, without a seed.
    """
    tokenizer.model.dropout = dropout or None
    try:
        texts = [text_of(one.lines, rhymes) for one in stanzas]
        rows = [one.ids for one in tokenizer.encode_batch_fast(texts)]
    finally:
        tokenizer.model.dropout = None
    rows.sort(key=len)
    return {
        str(start): _filled(rows[start : start + BUCKET]) for start in range(0, len(rows), BUCKET)
    }


def _filled(rows: Sequence[list[int]]) -> Int[Tensor, "M L"]:
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])
