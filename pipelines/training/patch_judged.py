"""What the autoencoders of pictures are trained by: strokes, textures and a patch discriminator.

    loss = pyramid L1 + regulariser + b * texture + c * adversary

Textures and the discriminator come late; the regulariser is the family's own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol

from jaxtyping import Float
from torch import Tensor, nn, no_grad

from pipelines.training import losses
from pipelines.training.data import Pictures
from pipelines.training.squares import draw_squares

__all__ = ["PatchJudged"]

Figures = dict[str, float]


class Judging(Protocol):
    """The settings that this part of a recipe has; see `AutoencoderRecipe`."""

    @property
    def batch_size(self) -> int: ...
    @property
    def texture_weight(self) -> float: ...
    @property
    def adversary_weight(self) -> float: ...
    @property
    def penalty_weight(self) -> float: ...
    @property
    def crop(self) -> int: ...
    @property
    def crop_until(self) -> float: ...
    @property
    def shift(self) -> int: ...


class PatchJudged(ABC):
    """Batches and losses of one run.

    Attributes:
        recipe: Settings.
        train: What is learned.
        adversary: The patch discriminator.
        taken: Steps so far.
    """

    recipe: Judging
    train: Pictures
    adversary: nn.Module
    taken: int

    @abstractmethod
    def _drawn(self, real: Tensor) -> tuple[Any, Tensor]:
        """Return what the regulariser needs, and the picture that comes back."""

    @abstractmethod
    def _regularised(self, told: Any) -> tuple[Tensor, Figures]:  # noqa: ANN401 - the family's own
        """Return the weighted regulariser of what `_drawn` told."""

    def batch(self, progress: float) -> Float[Tensor, "B 3 R R"]:
        """Draw squares: crops with much in them, late in the run whole pictures."""
        recipe, size = self.recipe, self.train.pixels.shape[1]
        side = size if progress >= recipe.crop_until else min(size, recipe.crop)
        count = recipe.batch_size * (size // side) ** 2
        return draw_squares(self.train.pixels, count, side, shift=recipe.shift)

    def _loss(self, real: Tensor, *, textured: bool, judged: bool) -> tuple[Tensor, Figures]:
        recipe = self.recipe
        told, fake = self._drawn(real)
        bands, drawn = (losses.laplacian_pyramid(x, 5) for x in (real, fake))
        l1 = losses.pyramid_l1(drawn, bands)
        held, more = self._regularised(told)
        total = l1 + held
        figures = {"l1": l1.item()} | more
        if textured:
            texture = losses.textures(drawn, bands)
            total = total + 2 * recipe.texture_weight * texture
            figures["texture"] = 2 * texture.item()
        if judged:
            duel = losses.relativistic(self.adversary(fake), self.adversary(real).detach())
            total = total + recipe.adversary_weight * duel
            figures["duel"] = duel.item()
        return total, figures

    def _judge(self, real: Tensor) -> tuple[Tensor, Figures]:
        """Return the loss of the patch discriminator, with its penalty now and then."""
        with no_grad():
            _, fake = self._drawn(real)
        real = real.detach().requires_grad_()
        on_real = self.adversary(real)
        loss = losses.relativistic(on_real, self.adversary(fake))
        figures = {"judge": loss.item()}
        if self.taken % 16 == 0:
            penalty = losses.gradient_penalty(on_real, real)
            loss = loss + self.recipe.penalty_weight * penalty / on_real[0].numel()
        return loss, figures
