"""How good an autoencoder of couplets is: what z tells, bits, morphs, copies, sliders, speed.

    python -m benchmarks.couplet --data DIR --model DIR [--quick] [--card] [--json]

Couplets of the test split were seen neither in training nor in choosing. Bits are the negative
ELBO over their characters, beside an interpolated 5-gram with modified Kneser-Ney smoothing on the
same tokens (`benchmarks.kneser_ney`); for both, a word that the model has not learnt counts as
unknown and its spelling is not paid for. Reconstruction is the share of words that come back at
their place of the decoder's own writing, from the mean of z. Morphs are of 16 steps between draws,
at a temperature of 0; distances are edit distances of characters over the longer text. ``jumps``
is the share of steps longer than twice the mean of their morph. Sliders are moved to -2 and +2; a
couplet's quality is the 5-gram's nats a word. Speed is that of a recipe, rendered.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.kneser_ney import KneserNey
from benchmarks.one_model import parser, report
from benchmarks.quality import Figures, figure

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.verse.couplet import CoupletVAE

__all__ = ["apart", "morphs", "run"]

COUNT, QUICK_COUNT = 1000, 60
MORPHS, STEPS, TIMED, MOVED = 40, 16, 40, 100
ACTIVE = 0.01
"""Variance of the mean of a number of z over couplets that makes it active (Burda et al. 2016)."""
MAX_COPIES, MAX_LATENCY, MAX_WORSE, FAR = 1.0, 100.0, 20.0, 2.0
Pair = tuple[str, str]


def run(data: Path, model: Path, quick: bool = False) -> Figures:
    """Measure the model.

    Args:
        data: The folder of stanzas that it was trained on, with their test split.
        model: Its folder.
        quick: Smaller numbers, same code.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog
    from pipelines.training.couplet_data import couplets_of
    from pipelines.training.stanza_data import load_stanzas
    from pipelines.verse.couplet import CoupletVAE

    instrument = catalog.load(model)
    vae = instrument.pipeline
    if not isinstance(vae, CoupletVAE):
        raise ValueError(f"model={model} writes no couplets; give one that does")
    stanzas = load_stanzas(data)
    train = couplets_of(one for one in stanzas if one.split == "train")
    test = couplets_of(one for one in stanzas if one.split == "test")
    if quick:
        train, test = train[:4000], test[:200]
    count = QUICK_COUNT if quick else COUNT
    judge = KneserNey([vae.lexicon.read(one)[0] for one in train], len(vae.lexicon))
    requests = [instrument.request(seed=seed) for seed in range(count)]
    drawn = [tuple(str(instrument.render(one).data).split("\n")) for one in requests]
    lines = {line for one in stanzas if one.split == "train" for line in one.lines}
    return (
        _bits(vae, judge, test)
        | _back(vae, test)
        | morphs(instrument, 10 if quick else MORPHS)
        | _copies(lines, set(train), drawn, test)
        | _moved(vae, judge, 30 if quick else MOVED)
        | _speed(instrument)
    )


def _bits(vae: CoupletVAE, judge: KneserNey, test: Sequence[Pair]) -> Figures:
    import torch

    from pipelines.training.couplet import told_nats
    from pipelines.training.couplet_data import told

    torch.manual_seed(0)
    letters = sum(len(line) + 1 for pair in test for line in pair)
    parts = [told(test[i : i + 256], vae.lexicon) for i in range(0, len(test), 256)]
    found = [told_nats(vae.encoder, vae.decoder, one) for one in parts]
    nats, kl = (torch.cat([one[i] for one in found]) for i in (0, 1))
    with torch.no_grad():
        means = torch.cat([vae.encoder(one.tokens)[0] for one in parts])
    bits = float(nats.sum() + kl.sum()) / np.log(2) / letters
    five = sum(sum(judge.bits(vae.lexicon.read(one)[0])) for one in test) / letters
    active = int((means.var(dim=0) > ACTIVE).sum())
    return {
        "kl": figure(float(kl.sum(dim=1).mean()), "nats"),
        "active_units": figure(float(active), f"of {means.shape[1]}"),
        "bits": figure(bits, "a character"),
        "bits_given_z": figure(float(nats.sum()) / np.log(2) / letters, "a character"),
        "bits_5_gram": figure(five, "a character"),
    }


def _back(vae: CoupletVAE, test: Sequence[Pair]) -> Figures:
    """How many words come back at their place, and how near the whole is."""
    from pipelines.verse.stanza_forms import lines_of

    means = np.concatenate([vae.encode(one)[0] for one in test])
    back = [lines_of(vae.lexicon.text(one)) for one in vae.write(means)]
    same = whole = 0
    for real, made in zip(test, back, strict=True):
        for line, other in zip(real, made, strict=True):
            words, others = line.casefold().split(" "), other.casefold().split(" ")
            whole += len(words)
            same += sum(a == b for a, b in zip(words, others, strict=False))
    told = [("\n".join(real), "\n".join(made)) for real, made in zip(test, back, strict=True)]
    near = [apart(real, made) for real, made in told]
    far = [apart("\n".join(a), "\n".join(b)) for a, b in pairwise(test)]
    return {
        "words_back": figure(100 * same / whole, "%"),
        "apart_back": figure(float(np.mean(near)), "of 1"),
        "apart_others": figure(float(np.mean(far)), "of 1"),
    }


def apart(one: str, other: str) -> float:
    """Edit distance of two texts over the length of the longer (Levenshtein 1966).

    >>> apart("sea", "tea"), apart("sea", "sea")
    (0.3333333333333333, 0.0)
    """
    before = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        now = [i]
        for j, b in enumerate(other, start=1):
            now.append(min(before[j] + 1, now[-1] + 1, before[j - 1] + (a != b)))
        before = now
    return before[-1] / max(1, len(one), len(other))


def morphs(instrument: Instrument, count: int, steps: int = STEPS) -> Figures:
    """How evenly couplets go over into each other."""
    from pipelines.explore import morph

    near, ends, most, jumps, kinds = [], [], [], [], []
    for seed in range(count):
        a, b = (instrument.request(seed=2 * seed + i) for i in (0, 1))
        texts = [str(instrument.render(x).data) for x in morph(instrument, a, b, num=steps)]
        moves = np.array([apart(x, y) for x, y in pairwise(texts)])
        near.append(moves.mean())
        ends.append(np.mean([(apart(x, texts[0]) + apart(x, texts[-1])) / 2 for x in texts[1:-1]]))
        most.append(moves.max() / max(1e-9, moves.mean()))
        jumps.append((moves > 2 * moves.mean()).mean())
        kinds.append(len(set(texts)))
    nearer = float(np.mean(near) / np.mean(ends))
    share = 100 * float(np.mean(jumps))
    return {
        "morph_step": figure(float(np.mean(near)), "of 1"),
        "morph_to_ends": figure(float(np.mean(ends)), "of 1"),
        "morph_nearer": figure(nearer, "x", "< 1", nearer < 1),
        "morph_jumps": figure(share, "% of steps", "<= 0", share <= 0),
        "morph_largest": figure(float(np.mean(most)), "x the mean step"),
        "morph_different": figure(float(np.mean(kinds)), f"of {steps}"),
    }


def _copies(
    lines: set[str], whole: set[Pair], drawn: Sequence[tuple[str, ...]], test: Sequence[Pair]
) -> Figures:
    """Couplets with lines of training stanzas: two of them, one, and whole couplets."""

    def share(pairs: Sequence[tuple[str, ...]], least: int) -> float:
        return 100 * float(np.mean([sum(x in lines for x in one) >= least for one in pairs]))

    made = share(drawn, 2)
    same = sum(one in whole for one in drawn)
    return {
        "copied_lines": figure(made, "%", f"<= {MAX_COPIES:g}", made <= MAX_COPIES),
        "copied_line": figure(share(drawn, 1), "%"),
        "copied_line_real": figure(share(test, 1), "%"),
        "copied_couplets": figure(float(same), "couplets", "<= 0", same == 0),
        "different": figure(100 * len(set(drawn)) / len(drawn), "%"),
    }


def _moved(vae: CoupletVAE, judge: KneserNey, count: int) -> Figures:
    """What a slider at either end costs, by the 5-gram, in percent of its nats a word."""
    from pipelines.latents import normal
    from pipelines.verse.couplet_tilt import quieted

    z = quieted(normal(1, (count, *vae.latent_space.shape), "couplet quality"))

    def nats(at: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
        return float(np.mean([np.mean(judge.bits(one)) for one in vae.write(at[:, 0])]))

    rest = nats(z)
    found = {}
    for one in vae.latent_space.directions:
        if one.kind == "pca":
            continue
        worse = max(nats(z + np.float32(sign * FAR) * one.vector) for sign in (-1, 1))
        cost = 100 * (worse / rest - 1)
        found[f"worse_{one.name}"] = figure(cost, "%", f"<= {MAX_WORSE:g}", cost <= MAX_WORSE)
    return found


def _speed(instrument: Instrument) -> Figures:
    took = []
    for seed in range(TIMED):
        begun = time.perf_counter()
        instrument.render(instrument.request(seed=10_000 + seed))
        took.append(1000 * (time.perf_counter() - begun))
    median = float(np.median(took))
    return {"couplet": figure(median, "ms", f"<= {MAX_LATENCY:g}", median <= MAX_LATENCY)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure an autoencoder of couplets.").parse_args(arguments)
    if options.model is None:
        raise SystemExit("--model: give the folder of a model")
    report(options, run(options.data, options.model, options.quick))


if __name__ == "__main__":
    main()
