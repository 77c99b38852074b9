"""The Transformer of a vector-quantised model learns from preferences.

See `pipelines.training.direct_preference`; a work is its codes, and s its class. Of the
Transformer only biases, gains and embeddings of classes learn (BitFit, Ben Zaken et al. 2021,
https://arxiv.org/abs/2106.10199): with all its weights it soon knows a hundred works by heart and
has learnt nothing of other ones. The autoencoder stays as it is.
Legend: N works, P pairs, L codes of a work.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from pipelines.image.pixels import to_image
from pipelines.image.vq_sampling import Chances, write
from pipelines.latents import normal, on_shell
from pipelines.networks.code_transformer import CodeTransformer
from pipelines.networks.network_files import read_config
from pipelines.networks.vq_files import save_prior
from pipelines.training.direct_preference import DirectPreference
from pipelines.training.draws import FIRST, look
from pipelines.training.exporting import begin_version
from pipelines.training.pairs import pair_up, rounds, works_of
from pipelines.training.placing import place_for

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.training.job_files import JobFolder
    from pipelines.training.plans import Plan

__all__ = ["CodePreference", "prepare"]

AT_ONCE = 16
"""Works that are written side by side."""


class CodePreference(DirectPreference):
    """See `pipelines.training.teaching.Teaching`.

    Args:
        plan: What to teach.
        instrument: The model to start from.
        works: ``codes`` of works [N, L], ``labels`` [N] and ``pairs`` of them [P, 2].
    """

    name = "prior"
    scale = 0.2

    def __init__(self, plan: Plan, instrument: Instrument, works: Mapping[str, Tensor]) -> None:
        self.instrument = instrument
        self.parts = cast(Any, instrument.pipeline).parts
        device = place_for(plan.device).device
        self.codes, self.labels = (works[name].long().to(device) for name in ("codes", "labels"))
        self.prior: CodeTransformer = copy.deepcopy(self.parts.prior).train()
        super().__init__(plan, self.prior, _taught(self.prior), works["pairs"], len(self.codes))

    def log_likelihood(self, at: Int[Tensor, " N"]) -> Float[Tensor, " N"]:
        """See `DirectPreference`."""
        codes, labels = self.codes[at], self.labels[at]
        nowhere = torch.zeros_like(codes, dtype=torch.bool)
        logits = self.prior(codes, labels, nowhere).float()
        each = functional.cross_entropy(logits.transpose(1, 2), codes, reduction="none")
        return -each.sum(dim=1)

    def lengths(self, at: Int[Tensor, " N"]) -> Float[Tensor, " N"]:
        """See `DirectPreference`."""
        return torch.full((len(at),), float(self.codes.shape[1]), device=self.codes.device)

    def _now(self) -> CodeTransformer:
        now = copy.deepcopy(self.prior).cpu().eval()
        return now.requires_grad_(requires_grad=False)

    def paint(self, seeds: tuple[int, ...]) -> NDArray[np.uint8]:
        """See `Teaching`; side by side, so the last bits may differ from a work's."""
        pipeline: Any = self.instrument.pipeline
        requests = [self.instrument.request(seed=seed) for seed in seeds]
        noise = np.concatenate([on_shell(pipeline.place(one)) for one in requests])
        labels = [_label(pipeline, pipeline.resolve(one)) for one in requests]
        return _pixels(self.parts, _written(self.parts, self._now(), noise, labels))

    def export(self, folder: Path) -> None:
        """See `Teaching`."""
        begin_version(self.plan, folder)
        save_prior(self._now(), folder, read_config(folder))


def prepare(plan: Plan, folder: JobFolder) -> CodePreference:
    """Load the model; works to learn from are written once and kept with the job."""
    return CodePreference(plan, *works_of(folder, plan, _works))


def _works(plan: Plan, instrument: Instrument) -> dict[str, Tensor]:
    """Favourites and fresh draws for the same classes, with pairs of them."""
    pipeline: Any = instrument.pipeline
    parts, medium = pipeline.parts, instrument.card.medium
    noise = np.concatenate([on_shell(one.latent()) for one in plan.favourites])
    labels = [_label(pipeline, one.controls) for one in plan.favourites]
    liked = _written(parts, parts.prior, noise, labels)
    again = labels * rounds(len(labels))
    fresh = [normal(FIRST + i, (1, noise.shape[1]), "codes") for i in range(len(again))]
    drawn = _written(parts, parts.prior, np.concatenate([on_shell(x) for x in fresh]), again)
    seen = [look(medium, _pixels(parts, codes)) for codes in (liked, drawn)]
    pairs = pair_up(seen[0], seen[1], (labels, again), plan.seed)
    codes = torch.cat([liked, drawn])
    return {
        "codes": codes,
        "labels": torch.tensor(labels + again),
        "pairs": torch.from_numpy(pairs),
    }


def _label(pipeline: Any, controls: Mapping[str, Any]) -> int:  # noqa: ANN401 - one family's
    """The class of what was asked for, or decided by the seed."""
    named = str(controls.get("species", pipeline.species[0]))
    return pipeline.species.index(named) if named in pipeline.species else 0


def _written(
    parts: Any,  # noqa: ANN401
    prior: CodeTransformer,
    noise: NDArray[np.float32],
    labels: list[int],
) -> Int[Tensor, "N L"]:
    """Codes that noise [N, L] gives at the usual settings."""
    found = []
    for start in range(0, len(noise), AT_ONCE):
        some = noise[start : start + AT_ONCE]
        blank = torch.full(some.shape, parts.blank)
        *_, made = write(
            prior,
            blank,
            torch.zeros(some.shape[1], dtype=torch.bool),
            noise=some,
            labels=torch.tensor(labels[start : start + AT_ONCE]),
            chances=Chances(),
        )
        found.append(made)
    return torch.cat(found)


def _pixels(parts: Any, codes: Int[Tensor, "N L"]) -> NDArray[np.uint8]:  # noqa: ANN401
    """Pictures of codes, RGB in 0..255, shape [N, R, R, 3]."""
    found = []
    with torch.inference_mode():
        for some in torch.split(codes, AT_ONCE):
            pictures = parts.vq.decode(some.view(-1, *(parts.prior.sizes.side,) * 2))
            found += [np.asarray(to_image(one)) for one in pictures.numpy()]
    return np.stack(found)


def _taught(prior: CodeTransformer) -> list[Tensor]:
    """The weights that learn; see the module."""
    prior.requires_grad_(requires_grad=False)
    return [
        value.requires_grad_()
        for name, value in prior.named_parameters()
        if value.ndim == 1 or name.startswith("classes.")
    ]
