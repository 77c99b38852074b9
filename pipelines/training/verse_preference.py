"""A network of verse learns from preferences.

See `pipelines.training.direct_preference`; a work is a poem and s its form. Low-rank adapters
learn (`pipelines.training.adapters`); a version has them merged, so that it is played as fast and
`transformers` reads that of a Transformer.
Legend: N works, P pairs, L tokens of the longest form.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from pipelines.networks.network_files import read_config
from pipelines.networks.writer import TokenWriter
from pipelines.training.adapters import adapted
from pipelines.training.direct_preference import DirectPreference
from pipelines.training.draws import FIRST, look, pixels_of
from pipelines.training.exporting import begin_version
from pipelines.training.pairs import pair_up, rounds, works_of
from pipelines.training.placing import place_for

if TYPE_CHECKING:
    import numpy as np

    from pipelines.pipeline import Instrument
    from pipelines.training.job_files import JobFolder
    from pipelines.training.plans import Plan
    from pipelines.verse.poet import Poet

__all__ = ["VersePreference", "prepare"]

NONE = -100
"""Behind the end of a shorter poem."""


class VersePreference(DirectPreference):
    """See `pipelines.training.teaching.Teaching`.

    Args:
        plan: What to teach.
        instrument: The model to start from.
        works: ``tokens`` of poems [N, L], their ends filled with `NONE`, and ``pairs`` [P, 2].
    """

    name = "poet"
    scale = 0.5

    def __init__(self, plan: Plan, instrument: Instrument, works: Mapping[str, Tensor]) -> None:
        self.instrument = instrument
        self.pipeline = _poet(instrument)
        self.tokens = works["tokens"].long().to(place_for(plan.device).device)
        torch.manual_seed(plan.seed)
        self.adapted = adapted(self.pipeline.poet)
        network, taught = self.adapted.network, self.adapted.parameters
        super().__init__(plan, network, taught, works["pairs"], len(self.tokens))

    def log_likelihood(self, at: Int[Tensor, " N"]) -> Float[Tensor, " N"]:
        """See `DirectPreference`."""
        tokens = self.tokens[at]
        logits = self.network(tokens[:, :-1].clamp_min(0)).float()
        each = functional.cross_entropy(
            logits.transpose(1, 2), tokens[:, 1:], reduction="none", ignore_index=NONE
        )
        return -each.sum(dim=1)

    def lengths(self, at: Int[Tensor, " N"]) -> Float[Tensor, " N"]:
        """See `DirectPreference`."""
        return (self.tokens[at][:, 1:] != NONE).sum(dim=1).float()

    def merged(self) -> TokenWriter:
        """The network with its adapters in its weights."""
        return self.adapted.merged()

    def paint(self, seeds: tuple[int, ...]) -> NDArray[np.uint8]:
        """See `Teaching`: the plates of their poems."""
        from pipelines.pipeline import Instrument

        player = Instrument(self.pipeline.taught(self.merged()), self.instrument.engines)
        return pixels_of(player, [player.request(seed=seed) for seed in seeds])

    def export(self, folder: Path) -> None:
        """See `Teaching`."""
        begin_version(self.plan, folder)
        self.pipeline.taught(self.merged()).save(folder, read_config(folder))


def prepare(plan: Plan, folder: JobFolder) -> VersePreference:
    """Load the model; works to learn from are written once and kept with the job."""
    return VersePreference(plan, *works_of(folder, plan, _works))


def _poet(instrument: Instrument) -> Poet:
    return cast("Poet", instrument.pipeline)


def _works(plan: Plan, instrument: Instrument) -> dict[str, Tensor]:
    """Favourites and fresh poems of the same forms, with pairs of them."""
    usual = instrument.values(instrument.request())["form"]
    asked = [one.request(instrument) for one in plan.favourites]
    forms = [str(one.controls.get("form", usual)) for one in plan.favourites]
    again = forms * rounds(len(forms))
    fresh = [instrument.request(seed=FIRST + i, form=form) for i, form in enumerate(again)]
    liked, drawn = ([instrument.render(one).words for one in some] for some in (asked, fresh))
    seen = [look("verse", poems) for poems in (liked, drawn)]
    pairs = pair_up(seen[0], seen[1], (forms, again), plan.seed)
    poems = zip([*liked, *drawn], [*forms, *again], strict=True)
    pipeline = _poet(instrument)
    rows = [torch.tensor(pipeline.reading(text, form)) for text, form in poems]
    tokens = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=NONE)
    return {"tokens": tokens, "pairs": torch.from_numpy(pairs)}
