"""Training of sprites: flow matching over small pictures with transparency.

With x a picture (:mod:`pipelines.networks.sprites`), c its condition and e ~ N(0, I),

    x_t  = (1 - t) x + t e
    loss = E |v(x_t, t, c) - (e - x)|^2 / d(t)^2   (Lipman et al. 2023,
                                                   https://arxiv.org/abs/2210.02747)

d being what is left to say at t (:func:`pipelines.networks.sprites.parts`), t = sigmoid(n),
n ~ N(0, 1) (Esser et al. 2024, https://arxiv.org/abs/2403.03206). A thousand pictures are few, so
they are mirrored, some are moved and have their hues turned, and the network is told what was
done, so that what it paints for "nothing" is as the pictures are (Karras et al. 2022,
https://arxiv.org/abs/2206.00364). Attributes are told with noise, or they would name the picture.

A run that starts from a trained field G can fold guidance of scale s into its answer to kinds, so
that a step of sampling takes one pass and not two (after Meng et al. 2023,
https://arxiv.org/abs/2210.03142, for one scale): e - x is replaced by

    G(x_t, t, c') + s (G(x_t, t, c) - G(x_t, t, c')),    c' being c without its kind,

which is without noise, and so is learned in a few hundred steps.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.sprites import ATTRIBUTES, CHANGES, SpriteField, SpriteSizes, parts
from pipelines.networks.sprites_files import load_field, save_field
from pipelines.training.loop import update_average
from pipelines.training.muon import Muon
from pipelines.training.sheets import contact_sheet
from pipelines.training.sprite_data import Sprites, measured, normal_scores, premultiplied

__all__ = ["SpriteRecipe", "SpriteTraining", "changed"]

SHOWN, SHOWN_STEPS = 96, 12
"""Pictures of a contact sheet, and steps that each takes."""
BACKDROP = (136, 132, 122)


@dataclass(frozen=True)
class SpriteRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Pictures a step.
        learning_rate: Peak rate of Muon, after a warm-up and before a decay to nothing.
        ema: Decay of the averaged weights, which are what is exported.
        empty: Share of pictures whose kind is not told.
        fold: Guidance scale that becomes the field's own answer to kinds; 1 for none.
        told: Deviation of the noise on attributes, in theirs.
        changed: Share of pictures that are moved; the same share has its hues turned.
        shift: Farthest that one is moved, in pixels.
        resolution: Side of the pictures, in pixels.
        channels: See :class:`SpriteSizes`.
        layers_per_block: See there.
    """

    batch_size: int = 32
    learning_rate: float = 3e-3
    ema: float = 0.998
    empty: float = 0.1
    fold: float = 1.0
    told: float = 0.5
    changed: float = 0.15
    shift: int = 2
    resolution: int = 32
    channels: tuple[int, ...] = (48, 96, 128)
    layers_per_block: int = 1


class SpriteTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(self, sprites: Sprites, recipe: SpriteRecipe, start: Path | None = None) -> None:
        """Measure the pictures and build the network.

        Args:
            sprites: What to learn.
            recipe: Settings; the sizes are those of ``start`` where it is given.
            start: Folder of a trained model of the same kinds to go on from.

        Raises:
            ValueError: If guidance is to be folded into a field that has not learned yet, or the
                trained model has other kinds.
        """
        if recipe.fold != 1 and start is None:
            raise ValueError(f"fold={recipe.fold} needs a trained model; give one with --start")
        train = sprites.split("train")
        self.recipe, self.kinds = recipe, train.kinds
        sizes = SpriteSizes(
            len(train.kinds), recipe.resolution, recipe.channels, recipe.layers_per_block
        )
        self.pictures = torch.from_numpy(premultiplied(train.pixels))
        self.labels = torch.from_numpy(train.labels)
        scores = normal_scores(measured(train.pixels), train.labels)
        self.scores = torch.from_numpy(scores)
        self.told = {
            "species": list(train.kinds),
            "species_frequency": np.bincount(train.labels, minlength=len(train.kinds)).tolist(),
            "correlation": np.corrcoef(scores.T).round(3).tolist(),
        }
        field = SpriteField(sizes) if start is None else _trained(start, self.kinds)
        self.field = field.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.field).requires_grad_(requires_grad=False).eval()
        self.guide = copy.deepcopy(self.average) if recipe.fold != 1 else None
        self.optimiser = Muon(self.field.parameters(), recipe.learning_rate, vector_scale=0.3)
        self.taken = 0

    def step(self, progress: float) -> dict[str, float]:
        """Take one step."""
        recipe = self.recipe
        self.taken += 1
        rate = recipe.learning_rate * min(1.0, self.taken / 100, 3.3 * (1.003 - progress))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        x, condition = self.batch()
        t = torch.sigmoid(torch.randn(len(x)))
        noise = torch.randn_like(x)
        at = t[:, None, None, None]
        noisy = (1 - at) * x + at * noise
        aim = noise - x
        if self.guide is not None:
            aim = self._guided(self.guide, noisy, t, condition)
        errors = self.field(noisy, t, condition) - aim
        loss = (errors.square().mean(dim=(1, 2, 3)) / parts(t)[1] ** 2).mean()
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.field.parameters(), 1.0)
        self.optimiser.step()
        update_average(self.average, self.field, min(recipe.ema, 1 - 8 / (9 + self.taken)))
        return {"loss": loss.item()}

    @torch.no_grad()
    def _guided(
        self, guide: SpriteField, x: Tensor, t: Tensor, condition: Tensor
    ) -> Float[Tensor, "B 4 R R"]:
        """Return what guidance gives."""
        silent = condition.clone()
        silent[:, : len(self.kinds)] = 0.0
        twice = torch.cat([silent, condition])
        without, given = guide(x.repeat(2, 1, 1, 1), t.repeat(2), twice).chunk(2)
        guided: Tensor = without + self.recipe.fold * (given - without)
        return guided

    def batch(self) -> tuple[Float[Tensor, "B 4 R R"], Float[Tensor, "B C"]]:
        """Draw pictures and what is said of them."""
        recipe = self.recipe
        index = torch.randint(0, len(self.labels), (recipe.batch_size,))
        x, changes = changed(self.pictures[index], recipe.changed, recipe.shift)
        kinds = functional.one_hot(self.labels[index], len(self.kinds)).float()
        kinds = kinds * (torch.rand(len(index), 1) >= recipe.empty)
        told = self.scores[index] + recipe.told * torch.randn(len(index), len(ATTRIBUTES))
        return x, torch.cat([kinds, told / (1 + recipe.told**2) ** 0.5, changes], dim=1)

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        names = ("field", "average", "optimiser")
        kept: dict[str, Any] = {name: getattr(self, name).state_dict() for name in names}
        return kept | {"taken": self.taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        for name in ("field", "average", "optimiser"):
            getattr(self, name).load_state_dict(state[name])
        self.taken = int(state["taken"])

    @torch.inference_mode()
    def sheet(self) -> Image.Image:
        """Return draws of every kind in turn, always from the same noise."""
        from pipelines.image.sprite_pixels import to_rgba

        source = torch.Generator().manual_seed(1)
        x = torch.randn(SHOWN, *self.pictures.shape[1:], generator=source)
        labels = torch.arange(SHOWN) % len(self.kinds)
        kinds = functional.one_hot(labels, len(self.kinds)).float()
        told = torch.randn(SHOWN, len(ATTRIBUTES), generator=source)
        condition = torch.cat([kinds, told], dim=1)
        for i in range(SHOWN_STEPS):
            t = torch.full((SHOWN,), 1 - i / SHOWN_STEPS)
            x = x - self.average(x, t, condition) / SHOWN_STEPS
        rgba = np.stack([to_rgba(one) for one in x.numpy()]).astype(np.float32)
        alpha = rgba[..., 3:] / 255
        seen = alpha * rgba[..., :3] + (1 - alpha) * np.array(BACKDROP, np.float32)
        return contact_sheet(np.rint(seen).astype(np.uint8), len(self.kinds))

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        save_field(folder, self.average, self.told)


def _trained(folder: Path, kinds: tuple[str, ...]) -> SpriteField:
    """Return the field of a trained model, ready to learn."""
    field, config = load_field(folder)
    if tuple(config["species"]) != kinds:
        raise ValueError(f"start={folder} has other kinds than the pictures; give one of theirs")
    return field.train().requires_grad_()


def changed(
    x: Float[Tensor, "B 4 R R"], share: float, shift: int
) -> tuple[Float[Tensor, "B 4 R R"], Float[Tensor, "B D"]]:
    """Mirror half of the pictures, move some, turn the hues of some; also return what was done.

    Args:
        x: Pictures.
        share: Of those that are moved; as many are turned.
        shift: Farthest, in pixels.

    Returns:
        The pictures, and `CHANGES` of each.
    """
    count = len(x)
    mirrored = torch.rand(count) < 0.5  # noqa: PLR2004 - half
    x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    angle = 2 * torch.pi * torch.rand(count) * (torch.rand(count) < share)
    cosine, sine = angle.cos(), angle.sin()
    c, s = cosine[:, None, None], sine[:, None, None]
    x = torch.stack([x[:, 0], c * x[:, 1] - s * x[:, 2], s * x[:, 1] + c * x[:, 2], x[:, 3]], 1)
    moves = torch.randint(-shift, shift + 1, (count, 2)) * (torch.rand(count, 1) < share)
    for i, (down, right) in enumerate(moves.tolist()):
        if down or right:
            x[i] = _moved(x[i], down, right)
    told = [mirrored.float(), cosine - 1, sine, moves[:, 1] / shift, moves[:, 0] / shift]
    return x, torch.stack(told, dim=1)[:, : len(CHANGES)]


def _moved(x: Float[Tensor, "4 R R"], down: int, right: int) -> Float[Tensor, "4 R R"]:
    """Return x moved; what comes in is not covered."""
    side = x.shape[1]
    empty = torch.zeros_like(x)
    empty[3] = -1.0
    rows, columns = (slice(max(0, d), side + min(0, d)) for d in (down, right))
    empty[:, rows, columns] = x[
        :, max(0, -down) : side - max(0, down), max(0, -right) : side - max(0, right)
    ]
    return empty
