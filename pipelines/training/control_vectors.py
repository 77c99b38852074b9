"""Control vectors of a poet from contrasted poems, what each does, and which are shipped.

    python -m pipelines.training.control_vectors FOLDER --data DIR

The vectors are fitted by `pipelines.training.hidden_contrasts`. A step is the longest of `STEPS`
times v whose poems, two steps to either side, the network without it finds at most `COST` times
as unlikely. What one step does is then measured on fresh seeds, and a vector is shipped if

- one step moves its own measure by at least 0.5 of that measure's deviation, and more than others,
- the mean rises at every step from -2 to +2, and 90 % of poems end higher at +2 than at -2,
- poems at -2 and +2 have at most `WORST` times the nats a token of those at 0.

The second rule is weaker than that of pictures (every step on 90 % of the seeds): of a poem's
thirty words a step exchanges one or two.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.controls import defaults
from pipelines.latents import Direction
from pipelines.networks.network_files import digest_of
from pipelines.networks.verse_files import WEIGHTS
from pipelines.pipeline import Instrument
from pipelines.request import Offset
from pipelines.training import direction_gate as gate
from pipelines.training.cards import replace_section
from pipelines.training.dimensions import save_directions
from pipelines.training.hidden_contrasts import contrasts, examples, fit
from pipelines.verse.poet import Poet

__all__ = ["Reach", "find", "main", "passes", "section", "table"]

Floats = NDArray[np.float32]
EXAMPLES = 8000
"""Poems that are contrasted."""
STEPS = (3.0, 2.0, 1.5, 1.0, 0.75)
COST, WORST = 1.15, 1.2
FIRST, CHECKED = 3_200_000, 32
"""Seeds that choose the length of a step."""
OFFSETS = (-2, -1, 0, 1, 2)


@dataclass(frozen=True)
class Reach:
    """What one control vector does on some seeds.

    Attributes:
        probe: Effects of a step, and the share of poems that end higher.
        means: Of its own measure at every offset.
        nats: A token, under the network without it, at every offset.
    """

    probe: gate.Probe
    means: Mapping[int, float]
    nats: Mapping[int, float]

    @property
    def cost(self) -> float:
        """The most nats of the two ends, beside those at 0."""
        return max(self.nats[OFFSETS[0]], self.nats[OFFSETS[-1]]) / self.nats[0]


def passes(reach: Reach) -> bool:
    """Whether a control vector is shipped; see the module."""
    probe = reach.probe
    rising = np.diff([reach.means[offset] for offset in OFFSETS])
    return bool(
        probe.own >= gate.MIN_EFFECT
        and probe.own > abs(probe.effect[probe.strongest_other])
        and probe.monotone >= gate.MIN_MONOTONE
        and (rising > 0).all()
        and reach.cost <= WORST
    )


@torch.no_grad()
def _nats(model: Poet, works: Iterable[Artifact], form: str) -> float:
    """Nats a token of poems, under the network without any control vector."""
    total, count = 0.0, 0
    for work in works:
        tokens = torch.tensor([model.reading(work.words, form)])
        told = model.poet(tokens[:, :-1]).log_softmax(-1)
        total -= float(told.gather(-1, tokens[:, 1:, None]).sum())
        count += tokens.shape[1] - 1
    return total / count


class Trial:
    """A poet that writes with one vector after the other, on some seeds."""

    def __init__(self, instrument: Instrument, poet: Poet, seeds: Sequence[int]) -> None:
        self.instrument, self.poet = instrument, poet
        self.plain = [instrument.request(seed=seed, **{"rhyme": "free"}) for seed in seeds]
        self.form = str(defaults(poet.controls)["form"])
        self.base = self._written(None, 0)

    def _written(self, vector: Direction | None, offset: int) -> list[Artifact]:
        if vector is None or not offset:
            return [self.instrument.render(one) for one in self.plain]
        steered = replace(self.instrument, pipeline=self.poet.steered((vector,)))
        moved = (Offset(vector.id, float(offset), name=vector.name),)
        return [steered.render(one.but(directions=moved)) for one in self.plain]

    def reach(self, name: str, step: Floats, offsets: Sequence[int] = OFFSETS) -> Reach:
        """What one vector does; only its cost means something where offsets are left out."""
        vector = Direction(name, np.ascontiguousarray(step), kind="control")
        works = {o: self._written(vector, o) if o else self.base for o in offsets}
        read = {o: _read(all_) for o, all_ in works.items()}
        spread = {key: float(values.std()) or 1.0 for key, values in read[0].items()}
        ahead = read.get(1, read[0])
        effect = {key: float((ahead[key] - read[0][key]).mean()) / spread[key] for key in spread}
        higher = float((read[offsets[-1]][name] > read[offsets[0]][name]).mean())
        return Reach(
            gate.Probe(name, step, effect, higher),
            {o: float(values[name].mean()) for o, values in read.items()},
            {o: _nats(self.poet, all_, self.form) for o, all_ in works.items()},
        )


def _read(works: Iterable[Artifact]) -> dict[str, NDArray[np.float64]]:
    rows = [contrasts(work.words) for work in works]
    return {key: np.array([one[key] for one in rows]) for key in rows[0]}


def find(
    folder: Path,
    data: Path,
    count: int = 200,
    check: int = CHECKED,
    num: int = EXAMPLES,
) -> list[Reach]:
    """Fit, measure and write; returns what every vector does, shipped or not.

    Args:
        folder: Of a poet.
        data: The poems that it was trained on.
        count: Fresh seeds of the verdict.
        check: Other seeds, that choose the length of a step.
        num: How many poems are contrasted.

    Raises:
        ValueError: If the model is of another family, or the poems can't be read.
    """
    from pipelines import catalog

    instrument = catalog.load(folder)
    poet = instrument.pipeline
    if not isinstance(poet, Poet):
        raise ValueError(f"model={folder} writes no verse; give one that does")
    found = fit(poet, examples(poet, data, num))
    search = Trial(instrument, poet, range(FIRST, FIRST + check))
    fresh = Trial(instrument, poet, gate.SEEDS[:count])
    reached = []
    for name, vector in found.items():
        tried = (s for s in STEPS if search.reach(name, s * vector, (-2, 0, 2)).cost <= COST)
        reached.append(fresh.reach(name, next(tried, STEPS[-1]) * vector))
    shown = [one.probe for one in reached if passes(one)]
    directions = [Direction(p.name, p.step, dict(p.effect), kind="control") for p in shown]
    others = [one for one in reached if not passes(one)]
    more = {
        "weights_sha256": digest_of(folder / WEIGHTS),
        "not_shipped": gate.left_out([one.probe for one in others], lambda probe: False),
    }
    save_directions(directions, folder, more=more)
    if (folder / "card.md").exists():
        replace_section(folder / "card.md", "Control vectors", section(reached, count))
    return reached


def table(reached: Sequence[Reach]) -> str:
    """What was measured, as a Markdown table."""
    lines = [
        "| slider | one step moves it by | strongest other | higher at +2 than at -2 "
        "| nats at -2, +2 | shipped |",
        "|---|---|---|---|---|---|",
    ]
    for one in reached:
        probe, other = one.probe, one.probe.strongest_other
        ends = ", ".join(f"{one.nats[o] / one.nats[0]:.2f}" for o in (OFFSETS[0], OFFSETS[-1]))
        lines.append(
            f"| {probe.name} | {probe.own:+.2f} sd | {other} {probe.effect[other]:+.2f} sd "
            f"| {probe.monotone:.0%} of poems | {ends} | {'yes' if passes(one) else 'no'} |"
        )
    return "\n".join(lines)


def section(reached: Sequence[Reach], count: int) -> str:
    """The part of a model card on control vectors."""
    lines = [
        "Sliders that are added to hidden states, fitted on contrasted poems of the training",
        f"data and measured on {count} seeds not used to fit, at defaults, rhyme free, by",
        "counting words (`pipelines/verse`). Effects are mean changes from 0 to +1 in",
        "deviations over poems; nats a token are beside those at 0, without the vector.",
        f"Shipped are those that move their own measure by at least {gate.MIN_EFFECT} and",
        "more than any other, whose mean rises at every step, that end higher at +2 than at",
        f"-2 on at least {gate.MIN_MONOTONE:.0%} of the poems, and cost at most {WORST:g} times",
        "the nats. That is weaker than the rule for pictures (every step on every such seed): a",
        "step exchanges a word or two of a poem.",
        "",
        table(reached),
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.control_vectors")
    parser.add_argument("folder", type=Path, help="folder of a poet")
    parser.add_argument("--data", type=Path, required=True, help="what it was trained on")
    parser.add_argument("--seeds", type=int, default=200, help="fresh poems of the verdict")
    given = parser.parse_args(arguments)
    print(table(find(given.folder, given.data, given.seeds)))


if __name__ == "__main__":
    main()
