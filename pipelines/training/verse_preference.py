"""A Transformer of verse learns from preferences.

See `pipelines.training.direct_preference`; a work is a poem and s its form. Low-rank adapters
learn (LoRA, Hu et al. 2021, https://arxiv.org/abs/2106.09685), `peft`'s; a version has them
merged, so that it is played as fast and `transformers` reads it.
Legend: N works, P pairs, L tokens of the longest form.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from pipelines.networks.network_files import read_config
from pipelines.networks.verse import PoemTransformer
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

RANK = 8
ADAPTED = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
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
        from peft import LoraConfig, get_peft_model

        self.instrument = instrument
        self.pipeline = _poet(instrument)
        self.tokens = works["tokens"].long().to(place_for(plan.device).device)
        torch.manual_seed(plan.seed)
        adapters = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=ADAPTED)
        poet = copy.deepcopy(self.pipeline.poet).train()
        network: Any = get_peft_model(cast(Any, poet), adapters)
        taught = [one for one in network.parameters() if one.requires_grad]
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

    def merged(self) -> PoemTransformer:
        """The network with its adapters in its weights."""
        now: Any = copy.deepcopy(self.network)
        poet: PoemTransformer = now.merge_and_unload().cpu().eval()
        return poet.requires_grad_(requires_grad=False)

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
