"""Pictures from codes: a vector-quantised autoencoder, and a Transformer that writes its codes.

Equations (van den Oord 2017, https://arxiv.org/abs/1711.00937; Esser 2021,
https://arxiv.org/abs/2012.09841)::

    x_i ~ N(0, I)                    seed -> latent map of `pipelines.latents`, one a cell, [L]
    k_i = Q(Phi(x_i); p(. | k_1 ... k_(i-1), species, k_M))     see `pipelines.image.vq_sampling`
    picture = decode(c_k)            c the codebook

M are the cells that are kept of an attached picture: with a mask, those that the brush does not
touch; without one, the upper half. They keep their pixels. The latent space of the family is the
noise: a Gaussian shell, as in `pipelines.image.diffusion`.

Codes are drawn and read in torch on the CPU, always, so that every engine paints the same codes;
the decoder alone is run by the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached, Attachment
from pipelines.controls import Control, Seed, Value, settings
from pipelines.errors import LatentError
from pipelines.image.eye import CodeEye
from pipelines.image.kinds import kind_of, kind_resolved, kinds
from pipelines.image.pixels import to_image
from pipelines.latents import LatentSpace, on_shell
from pipelines.pipeline import Card, Network, Run
from pipelines.request import Request, Weights
from pipelines.sampling import freedom
from pipelines.shaping import FromNoise

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from pipelines.image.vq_files import Parts
    from pipelines.image.vq_keeping import Kept

__all__ = ["VQ", "load"]

Array = NDArray[np.float32]
ANY = "any"
ROWS = 2
"""Rows of cells from one preview to the next."""


@dataclass(frozen=True)
class VQ(FromNoise):
    """The pipeline of one trained model.

    Attributes:
        card: See `Card`.
        parts: Its networks and what it was trained on.
    """

    noise: ClassVar[str] = "codes"

    card: Card
    parts: Parts

    @property
    def weights(self) -> Weights:
        """See `Pipeline`."""
        return self.parts.weights

    @property
    def species(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the labels."""
        return self.parts.species

    @cached_property
    def latent_space(self) -> LatentSpace:
        """The noise, one number a cell, one layer."""
        return LatentSpace.of_noise((1, self.parts.prior.sizes.length))

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Species, seed, and how freely codes are drawn."""
        return (
            *kinds(self.species),
            Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
            *freedom(self.parts.prior.sizes.num_codes, "tile"),
        )

    @property
    def teaching(self) -> tuple[str, ...]:
        """See `pipelines.abilities.Teachable`."""
        return ("code-dpo",)

    @property
    def inputs(self) -> tuple[Attachment, ...]:
        """A picture to complete, and where to paint it anew."""
        return (
            Attachment(
                "picture", "Picture", "image/png", "A picture to complete; its middle square."
            ),
            Attachment(
                "mask",
                "Brush",
                "image/png",
                "White where the picture is painted anew, else black.",
            ),
        )

    def eye(self) -> CodeEye:
        """What it sees of an attached picture: the nearest codes."""
        import torch

        parts, length = self.parts, self.parts.prior.sizes.length

        def encode(picture: Tensor) -> Tensor:
            return torch.from_numpy(parts.vectors(parts.encode(picture.numpy())))

        paper = parts.vectors(torch.full((1, length), parts.blank))
        return CodeEye(encode, parts.decoder.module, torch.from_numpy(paper))

    def networks(self) -> tuple[str, ...]:
        """See `Pipeline`."""
        return ("decoder",)

    def network(self, name: str) -> Network:
        """See `Pipeline`."""
        if name != "decoder":
            raise LatentError("unknown_network", name=name, rule="not a network of this family")
        return self.parts.decoder

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """The species that the seed draws, when it was left open."""
        return kind_resolved(request, self.species, self.parts.frequency)

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """The picture as it grows, every few rows, then whole.

        Raises:
            RequestError: For an attached file that is not a picture, a mask without one, or a
                mask that covers nothing or everything.
        """
        from pipelines.image.vq_keeping import kept_of

        kept = kept_of(attached, self.parts)
        rows = 2 * ROWS if run.draft else ROWS
        whole = None
        for row, codes in enumerate(self._written(request, kept)):
            run.pause()
            if whole is not None and row % rows == 0 and run.previews:
                yield self._shown(whole, request, run, kept)
            whole = codes
        if whole is not None:
            yield self._shown(whole, request, run, kept)

    def _written(self, request: Request, kept: Kept | None) -> Iterator[Tensor]:
        """The map of codes [1, L] after each row; cells that are still to come are blank."""
        import torch

        from pipelines.image.vq_sampling import Chances, write

        parts = self.parts
        blank = torch.full((1, parts.prior.sizes.length), parts.blank)
        nowhere = torch.zeros(blank.shape[1], dtype=torch.bool)
        values = settings(self.controls, request.controls)
        yield from write(
            parts.prior,
            blank if kept is None else torch.where(kept.cells, kept.codes, blank),
            nowhere if kept is None else kept.cells,
            noise=on_shell(self.place(request)),
            labels=torch.tensor([self._label(request)]),
            chances=Chances(
                float(values["temperature"]), int(values["top_k"]), float(values["top_p"])
            ),
        )

    def _shown(self, codes: Tensor, request: Request, run: Run, kept: Kept | None) -> Artifact:
        picture = run("decoder", {"z": self.parts.vectors(codes)})["picture"]
        if kept is not None:
            picture = kept.over(picture)
        return Artifact("picture", to_image(picture[0]), request, run.engine)

    def _label(self, request: Request) -> int:
        return kind_of(request, self.species, self.parts.frequency)


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> VQ:
    """Load a trained model; see `pipelines.catalog.Family`. Its folder holds all its parts."""
    from pipelines.image.vq_files import read

    return VQ(card, read(folder))
