"""Bits of chorales, beside an n-gram, and of what is drawn while other voices are told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.kneser_ney import KneserNey
from benchmarks.quality import Figures, figure
from pipelines.music.chorale_grid import vocabulary
from pipelines.music.grid import transposition

if TYPE_CHECKING:
    from pipelines.networks.verse import PoemTransformer
    from pipelines.training.chorale_data import Piece
    from pipelines.training.chorale_reading import Reading

__all__ = ["bits", "bits_told"]

MIN_BELOW = 15.0


def bits(network: PoemTransformer, train: Sequence[Piece], test: Sequence[Piece]) -> Figures:
    """Bits a drawn token of the test chorales, with nothing given, beside a 5-gram."""
    from pipelines.training.chorale import bits_per_token
    from pipelines.training.chorale_reading import readings

    known, asked = readings(train), readings(test)
    ours = bits_per_token(network, asked)
    five = min(_five_gram(known, asked, bare=bare) for bare in (False, True))
    below = 100 * (1 - ours / five)
    return {
        "bits": figure(ours, "a token"),
        "bits_5_gram": figure(five, "a token"),
        "below_5_gram": figure(below, "%", f">= {MIN_BELOW:g}", below >= MIN_BELOW),
    }


def _five_gram(known: Sequence[Reading], asked: Sequence[Reading], *, bare: bool) -> float:
    """Bits a drawn token; ``bare`` leaves out the others, in counts and contexts."""

    def thin(reading: Reading) -> list[tuple[int, bool]]:
        pairs = list(zip(reading.tokens, reading.drawn, strict=True))
        return [pair for i, pair in enumerate(pairs) if pair[1] or i == 0 or not bare]

    rows = [[token for token, _ in thin(one)] for one in known]
    baseline = KneserNey(rows, len(vocabulary().names))
    total, number = 0.0, 0
    for one in asked:
        pairs = thin(one)
        bits = baseline.bits([token for token, _ in pairs])
        counted = [bit for bit, (_, drawn) in zip(bits, pairs[1:], strict=True) if drawn]
        total, number = total + sum(counted), number + len(counted)
    return total / number


def bits_told(network: PoemTransformer, test: Sequence[Piece]) -> Figures:
    """Bits of notes that are drawn while others are given, and of the same with nothing given."""
    found: dict[str, list[float]] = {}
    for piece in test:
        soprano = np.zeros((4, piece.bars), dtype=bool)
        soprano[0] = True
        others = np.ones((4, piece.bars), dtype=bool)
        others[:, 1::3] = False
        nothing = _notes(network, piece, np.zeros_like(soprano))
        for name, given in (("three_voices", soprano), ("every_third_bar", others)):
            bits = _notes(network, piece, given)
            found.setdefault(name, []).extend(bits.values())
            found.setdefault(f"{name}_untold", []).extend(nothing[place] for place in bits)
    return {f"bits_{name}": figure(float(np.mean(bits)), "a note") for name, bits in found.items()}


def _notes(
    network: PoemTransformer, piece: Piece, given: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
) -> dict[tuple[int, int], float]:
    """Bits of every drawn note, by its voice and its number in the voice."""
    import torch

    from pipelines.music.chorale_walk import Plan
    from pipelines.training.chorale_reading import told

    shift = transposition(piece.tonic)
    reading = told(piece, Plan(piece.metre, piece.mode, shift, piece.bars, piece.bars), given)
    tokens = torch.tensor([reading.tokens])
    with torch.inference_mode():
        logs = network(tokens[:, :-1])[0].log_softmax(dim=1) / -math.log(2)
    found: dict[tuple[int, int], float] = {}
    counts = [0] * len(given)
    names = vocabulary()
    for at, (token, drawn) in enumerate(zip(reading.tokens, reading.drawn, strict=True)):
        if names.kinds[token] == "note":
            voice = int(names.voices[token])
            if drawn:
                found[voice, counts[voice]] = float(logs[at - 1, token])
            counts[voice] += 1
    return found
