"""Latent diffusion: noise and words -> picture.

Equations (Ho 2020, https://arxiv.org/abs/2006.11239; Rombach 2022,
https://arxiv.org/abs/2112.10752)::

    x_T ~ N(0, I)                    seed -> latent map of `pipelines.latents`, [C, R, R]
    c   = text(prompt)               [W, D]
    v   = unet(z_t, t, c; h + dh)    dh: sliders of the bottleneck (Kwon 2023)
    z_0 = sampler(x_T, v)            see `pipelines.image.diffusion_sampling`
    picture = decode(z_0)

With a picture attached, sampling starts from its latent under as much noise as ``strength`` says
(SDEdit, Meng 2022, https://arxiv.org/abs/2108.01073); with a mask beside it, only what the mask
covers is painted anew. The latent space of the family is the noise: a Gaussian shell, so paths
are great circles and lengths far from those of noise are brought back to the shell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached, Attachment
from pipelines.controls import Choice, Control, Prompt, Seed, Slider, Value, settings
from pipelines.errors import LatentError
from pipelines.image.attached import open_mask, open_picture
from pipelines.image.diffusion_parts import DRAFTER, NETWORKS, Parts, read
from pipelines.image.diffusion_sampling import (
    SCHEDULERS,
    Guidance,
    repaint,
    sample,
    scheduler_named,
    start_at,
)
from pipelines.image.eye import CodeEye
from pipelines.image.pixels import to_image
from pipelines.latents import LatentSpace, on_shell
from pipelines.pipeline import Card, Network, Run
from pipelines.request import Request, Weights
from pipelines.shaping import FromNoise

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Diffusion", "load"]

Array = NDArray[np.float32]
DRAFT_STEPS = 4
"""Steps while a hand moves."""
AWAY = 1.6
"""Least guidance scale where there is a negative prompt, which a scale of 1 would not hear."""
PREVIEWS = 4
"""Pictures on the way of one work."""


@dataclass(frozen=True)
class Diffusion(FromNoise):
    """The pipeline of one trained latent diffusion model.

    Attributes:
        card: See `Card`.
        parts: Its networks and what they were read with.
    """

    noise: ClassVar[str] = "noise"

    card: Card
    parts: Parts

    @property
    def weights(self) -> Weights:
        """See `Pipeline`."""
        return self.parts.weights

    @property
    def latent_space(self) -> LatentSpace:
        """The noise, flattened, one layer."""
        return self.parts.latent_space

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Prompts, seed, sliders of the bottleneck, guidance, strength, steps, scheduler."""
        return (
            Prompt(
                name="prompt",
                label="Words",
                group="kind",
                doc="What is painted, in a few plain English words (prompt).",
            ),
            Prompt(
                name="negative_prompt",
                label="Without",
                group="more",
                doc="What the picture keeps away from (negative prompt).",
            ),
            Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
            *(
                Slider(
                    name=name,
                    label=name.replace("_", " ").capitalize(),
                    unit="sd",
                    doc=f"{name.replace('_', ' ').capitalize()}, along h-space.",
                )
                for name in self.parts.shifts
            ),
            Slider(
                name="guidance_scale",
                label="Obedience",
                default=self.parts.guidance_scale,
                minimum=1.0,
                maximum=8.0,
                step=0.1,
                doc="How strictly the words are followed (classifier-free guidance scale).",
            ),
            Slider(
                name="strength",
                label="Change",
                default=0.6,
                minimum=0.05,
                maximum=1.0,
                group="more",
                doc="How far an attached picture may change (strength).",
            ),
            Slider(
                name="num_inference_steps",
                label="Steps",
                default=14,
                minimum=2,
                maximum=50,
                step=1,
                whole=True,
                group="more",
                doc="How often the picture is improved (sampler steps).",
            ),
            Choice(
                name="scheduler",
                label="Sampler",
                options=SCHEDULERS,
                default=SCHEDULERS[0],
                group="more",
                doc="How a step is taken (scheduler).",
            ),
        )

    @property
    def teaching(self) -> tuple[str, ...]:
        """See `pipelines.abilities.Teachable`."""
        return ("diffusion-dpo",)

    @property
    def inputs(self) -> tuple[Attachment, ...]:
        """A picture to start from, and where to paint it anew."""
        return (
            Attachment(
                "picture", "Picture", "image/png", "A picture to start from; its middle square."
            ),
            Attachment(
                "mask",
                "Brush",
                "image/png",
                "White where the picture is painted anew, else black.",
            ),
        )

    def heard(self, text: str) -> list[str]:
        """See `pipelines.abilities.Listening`."""
        return self.parts.reader.heard(text)

    def eye(self) -> CodeEye:
        """What it sees of an attached picture."""
        nets = self.parts.networks
        code = torch.zeros(1, *self.parts.latent)
        return CodeEye(nets["encoder"].module, nets["decoder"].module, code)

    def networks(self) -> tuple[str, ...]:
        """See `Pipeline`."""
        return NETWORKS

    def network(self, name: str) -> Network:
        """See `Pipeline`."""
        if name not in self.parts.networks:
            raise LatentError("unknown_network", name=name, rule="not a network of this family")
        return self.parts.networks[name]

    @property
    def drafts(self) -> Mapping[str, str]:
        """See `pipelines.abilities.Drafting`."""
        found = [name for name in self.parts.networks if name.startswith(DRAFTER)]
        return {"decoder": found[0]} if found else {}

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """Nothing is left to the seed but the noise."""
        return {}

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """Up to four previews on the way, then the picture; of a draft the picture alone.

        Raises:
            ControlError: For words of which the model knows none.
            RequestError: For an attached file that is not a picture, or a mask without one.
        """
        asked = _Asked.of(self.controls, request)
        for name in ("prompt", "negative_prompt"):
            self.parts.reader.check(name, str(asked.values[name]))
        noise = on_shell(self.place(request)).reshape(1, *self.parts.latent)
        scheduler = scheduler_named(asked.scheduler)
        original, mask = open_picture(attached, 8 * noise.shape[2]), open_mask(attached, noise)
        num_steps = min(asked.num_steps, DRAFT_STEPS) if run.draft else asked.num_steps
        steps = start_at(scheduler, num_steps, 1.0 if original is None else asked.strength)
        start, after = None, None
        if original is not None:
            start = run("encoder", {"picture": original})["z"]
            if mask is not None:
                after = repaint(scheduler, start, noise, mask.small)
        moments = sample(
            run,
            noise,
            self.guidance(asked.values),
            scheduler,
            steps=steps,
            start=start,
            after=after,
        )
        previews = PREVIEWS if run.previews and not run.draft else 0
        shown = {round(k * len(steps) / (PREVIEWS + 1)) for k in range(1, previews + 1)}
        for i, moment in enumerate(moments):
            if moment.last or i in shown:
                picture = run("decoder", {"z": moment.x0})["picture"]
                if original is not None and mask is not None:
                    picture = mask.large * picture + (1 - mask.large) * original
                yield Artifact("picture", to_image(picture[0]), request, run.engine)

    def guidance(self, values: Mapping[str, Value], count: int = 1) -> Guidance:
        """What ``count`` pictures listen to; values of every control by name."""
        told = [str(values[name]) for name in ("prompt", "negative_prompt")]
        prompt, negative = (np.repeat(self.parts.reader(one), count, axis=0) for one in told)
        least = AWAY if told[1].strip() else 1.0
        scale = max(least, float(values["guidance_scale"]))
        return Guidance(prompt, negative, scale, self.shift(values))

    def shift(self, values: Mapping[str, Value]) -> Array:
        """What the sliders add to the bottleneck, shape [H]; values of every control by name."""
        total: Array = np.zeros_like(self.network("velocity").example["shift"][0])
        for name, vector in self.parts.shifts.items():
            total = total + np.float32(values[name]) * vector
        return total


@dataclass(frozen=True)
class _Asked:
    """The values of a request's controls, defaults filled in."""

    values: Mapping[str, Value]

    @classmethod
    def of(cls, controls: tuple[Control, ...], request: Request) -> _Asked:
        return cls(settings(controls, request.controls))

    @property
    def scheduler(self) -> str:
        return str(self.values["scheduler"])

    @property
    def num_steps(self) -> int:
        return int(self.values["num_inference_steps"])

    @property
    def strength(self) -> float:
        return float(self.values["strength"])


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> Diffusion:
    """Load a trained model; see `pipelines.catalog.Family`. Its folder holds all its parts."""
    return Diffusion(card, read(folder))
