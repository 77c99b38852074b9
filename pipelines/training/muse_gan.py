"""Training of a GAN of four voices, which begins as an autoencoder.

    critic      softplus(D(G(z)) - D(x)) + R(x) + R(G(z))
    generator   softplus(D(x) - D(G(z)))  beside  -log p(x | z_x) + b KL(q(z | x) || N(0, I))
                + a sum_i (mu_i - s_i(x))^2 + o disobedience + h |mean of f(G(z)) - mean of f(x)|^2

A GAN of this size learns nothing of a few thousand windows from scratch, so that the generator is
the decoder of a variational autoencoder first, and stays one (VAE-GAN, Larsen et al. 2016,
https://arxiv.org/abs/1512.09300): what holds the adversary's hand is that every real window has a
place. From ``adversary_from`` of the time on a critic, whose body is the encoder's to begin with,
judges what is written of z ~ N(0, I) (relativistic, `pipelines.training.losses.relativistic`).
MuseGAN has the Wasserstein distance with a gradient penalty; here the penalty is

    R(x) = g / (2 s^2) (D(x) - D(x + s e))^2,    e ~ N(0, I)

which is that of R3GAN (Huang et al. 2024, https://arxiv.org/abs/2501.05441) without a second
derivative (Lin et al. 2025, https://arxiv.org/abs/2501.08316). The adversary's slope at the
logits is made as long as that of the reconstruction, times ``adversary_weight``. In half of the
steps real and generated windows are moved by as many semitones before they are judged, so that the
critic can't learn the windows by heart (Karras et al. 2020, https://arxiv.org/abs/2006.06676).

Numbers of z are tied to attributes as for melodies (`pipelines.training.melody_obedience`). The
last part is feature matching (Salimans et al. 2016, https://arxiv.org/abs/1606.03498) of features
f that are known beforehand, `pipelines.networks.muse_measures.habits`, in their deviations over
real windows: which intervals voices make, which pitch classes there are, where notes begin.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from pipelines.music.chorale_grid import MODE_NAMES
from pipelines.music.muse_roll import SILENT
from pipelines.networks.discriminator import draw
from pipelines.networks.muse_gan import Generator, MuseSizes, Reader, hard, one_hot
from pipelines.networks.muse_gan_files import save_muse
from pipelines.networks.muse_measures import ATTRIBUTES, habits, measure, measured
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.loop import states_of, take_back, update_average
from pipelines.training.losses import relativistic
from pipelines.training.melody_obedience import unlike
from pipelines.training.muse_gan_data import Windows, load_windows
from pipelines.training.muse_gan_proof import drawn, figures_of, reconstruction
from pipelines.training.muse_gan_recipe import MuseRecipe
from pipelines.training.muse_gan_rolls import rolls
from pipelines.training.normal_scores import normal_scores
from pipelines.training.two_rates import TwoRates, divergence, steered

__all__ = ["MuseTraining"]

STATES = ("encoder", "generator", "critic", "average_encoder", "average", "muon", "adam", "judge")
CHECKED, DRAWN, EVERY = 100, 128, 2
"""Steps between two looks at held-out windows, draws that are measured then, and steps between two
draws of z before the critic is heard."""
SEMITONES = 6
PART = 256
RARE = 0.02
"""Deviation of a habit at least."""
SMALL = 1e-12
BEGINS = 0.3
"""Three times the share of the time after which z of no window are heard."""
Pair = tuple[Tensor, Tensor]


class MuseTraining:
    """One run; see `pipelines.training.loop.Trainable`."""

    def __init__(self, data: Path, recipe: MuseRecipe) -> None:
        """Read the chorales in ``data`` and build.

        Raises:
            ValueError: If there are none.
        """
        self.recipe = recipe
        windows = load_windows(data)
        self.train, self.held = windows["train"], windows.get("validation", windows["train"])
        found = measure(self.train.rolls)
        self.usual, self.spread = _usual(self.train)
        self.scores = torch.stack([normal_scores(found[name]) for name in ATTRIBUTES], dim=1)
        sizes = MuseSizes(**{one.name: getattr(recipe, one.name) for one in fields(MuseSizes)})
        self.generator = Generator(sizes)
        self.encoder = Reader(sizes, 2 * sizes.z_dim, recipe.dropout)
        self.critic = Reader(sizes, 1)
        self.average_encoder, self.average = copy.deepcopy((self.encoder, self.generator))
        for kept in (self.average_encoder, self.average):
            kept.requires_grad_(requires_grad=False).eval()
        self.optimisers = TwoRates(
            (self.encoder, self.generator), recipe.learning_rate, recipe.embedding_rate
        )
        self.muon, self.adam = self.optimisers.muon, self.optimisers.adam
        self.judge = torch.optim.Adam(
            self.critic.parameters(), recipe.critic_rate, betas=(0.0, 0.99)
        )
        self.taken, self.judged, self.kl_weight = 0, 0, recipe.kl_weight

    def step(self, progress: float) -> dict[str, float]:
        """Take one step."""
        recipe = self.recipe
        self.taken += 1
        index = torch.randint(len(self.train.modes), (recipe.batch_size,))
        real, modes = _seen(self.train, index)
        loss, figures, slope = self._reconstructed(index, real, modes)
        if progress >= recipe.adversary_from or self.taken % EVERY == 0:
            judged = progress >= recipe.adversary_from
            told, more = self._dreamt(real, modes, slope, judged=judged)
            ramp = min(1.0, max(0.0, 3 * progress - BEGINS))
            loss = loss + told["against"] * ramp * recipe.obedience_weight
            loss = loss + told["habits"] * ramp * recipe.habit_weight + told.get("pushed", 0.0)
            figures |= more
        self.optimisers.step(loss, schedule(progress, self.taken, warm_up=60))
        decay = min(recipe.ema, 1 - 8 / (9 + self.taken))
        update_average(self.average_encoder, self.encoder, decay)
        update_average(self.average, self.generator, decay)
        self.kl_weight = steered(self.kl_weight, figures["kl"] / recipe.kl_target)
        figures["kl_weight"] = self.kl_weight
        if self.taken % CHECKED == 0:
            figures |= self.checked()
        return figures

    def _dreamt(
        self, real: Pair, modes: Tensor, slope: Tensor, *, judged: bool
    ) -> tuple[dict[str, Tensor], dict[str, float]]:
        """What is lost by what is written of random z, and figures."""
        z = torch.randn(len(modes), self.generator.sizes.z_dim)
        logits = self.generator(z, modes)
        fake, soft = hard(*logits), (logits[0].softmax(dim=3), logits[1].sigmoid())
        off = (habits(*fake).mean(dim=0) - self.usual[modes].mean(dim=0)) / self.spread
        told = {
            "against": unlike(measured(*soft), z[:, : len(ATTRIBUTES)]),
            "habits": off.square().mean(),
        }
        figures = {name: float(value.detach()) for name, value in told.items()}
        if judged:
            figures |= self._judge(real, (fake[0].detach(), fake[1].detach()), modes)
            fooled, pushed = self._fooled(real, fake, modes, logits)
            scale = self.recipe.adversary_weight * slope / (_length(pushed) + SMALL)
            both = zip(logits, pushed, strict=True)
            told["pushed"] = torch.stack([(at * (scale * push)).sum() for at, push in both]).sum()
            figures["fooled"] = fooled
        return told, figures

    def checked(self) -> dict[str, float]:
        """How held-out windows come back, and how far draws are from them."""
        made = drawn(self.average, self.held.modes[np.arange(DRAWN) % len(self.held.modes)])
        back = reconstruction(self.average_encoder, self.average, self.held)
        return back | figures_of(made, self.held.rolls)

    def _reconstructed(
        self, index: Tensor, real: Pair, modes: Tensor
    ) -> tuple[Tensor, dict[str, float], Tensor]:
        """The autoencoder's loss, its figures, and how long its slope at the logits is."""
        recipe = self.recipe
        mean, log_variance = self.encoder(*real, modes).chunk(2, dim=1)
        log_variance = log_variance.clamp(-8.0, 2.0)
        pitches, begins = self.generator(draw(mean, log_variance), modes)
        numbers = real[0].argmax(dim=3)
        heard = functional.cross_entropy(pitches.flatten(0, 2), numbers.flatten(), reduction="sum")
        struck = functional.binary_cross_entropy_with_logits(begins, real[1], reduction="sum")
        nats = (heard + struck) / len(index)
        kl = divergence(mean, log_variance).sum(dim=1).mean()
        tied = (mean[:, : len(ATTRIBUTES)] - self.scores[index]).square().mean(dim=0).sum()
        with torch.no_grad():
            told = (pitches.softmax(dim=3) - real[0], begins.sigmoid() - real[1])
            slope = _length(told) / len(index)
            right = (pitches.argmax(dim=3) == numbers).float().mean()
        loss = nats + self.kl_weight * kl + recipe.attribute_weight * tied
        figures = {"nats": nats, "kl": kl, "tied": tied, "right": right}
        return loss, {name: float(x.detach()) for name, x in figures.items()}, slope

    def _judge(self, real: Pair, fake: Pair, modes: Tensor) -> dict[str, float]:
        """One step of the critic."""
        if not self.judged:
            body = {
                k: v for k, v in self.encoder.state_dict().items() if not k.startswith("out.3")
            }
            self.critic.load_state_dict(body, strict=False)
        self.judged += 1
        for group in self.judge.param_groups:
            group["lr"] = self.recipe.critic_rate
        real, fake = _moved(real, fake)
        both = tuple(torch.cat(pair) for pair in zip(real, fake, strict=True))
        s = self.recipe.noise
        near = tuple(x[::2] + s * torch.randn_like(x[::2]) for x in both)
        told = self.critic(*both, modes.repeat(2))
        about = self.critic(*near, modes.repeat(2)[::2])
        count = len(modes)
        lost = relativistic(told[:count], told[count:])
        rough = (told[::2] - about).square().mean() * 2 * self.recipe.penalty / (2 * s**2)
        self.judge.zero_grad()
        (lost + rough).backward()
        self.judge.step()
        return {
            "judged": lost.item(),
            "rough": rough.item(),
            "apart": float((told[:count] - told[count:]).mean().detach()),
        }

    def _fooled(
        self, real: Pair, fake: Pair, modes: Tensor, logits: Pair
    ) -> tuple[float, tuple[Tensor, ...]]:
        """How well the critic is fooled, and the slope of that at the logits."""
        real, fake = _moved(real, fake)
        with torch.no_grad():
            truth = self.critic(*real, modes)
        lost = relativistic(self.critic(*fake, modes), truth)
        return lost.item(), torch.autograd.grad(lost, logits, retain_graph=True)

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        kept = {"taken": self.taken, "judged": self.judged, "kl_weight": self.kl_weight}
        return states_of(self, STATES) | kept

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        take_back(self, state, STATES)
        self.taken, self.judged = int(state["taken"]), int(state["judged"])
        self.kl_weight = float(state["kl_weight"])

    def sheet(self) -> Image.Image:
        """Return rolls: held-out windows, what comes back of them, and draws."""
        return rolls(self.average_encoder, self.average, self.held)

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        save_muse(self.average_encoder, self.average, folder)


def _seen(windows: Windows, index: Tensor) -> tuple[Pair, Tensor]:
    some = windows.some(index.numpy())
    told = one_hot(torch.from_numpy(some.rolls.pitches), torch.from_numpy(some.rolls.begins))
    return told, torch.from_numpy(some.modes)


@torch.no_grad()
def _usual(windows: Windows) -> tuple[Tensor, Tensor]:
    """Mean of every habit by mode, shape [2, F], and its deviation, shape [F]."""
    told = []
    for at in range(0, len(windows.modes), PART):
        seen, _ = _seen(windows, torch.arange(at, min(at + PART, len(windows.modes))))
        told.append(habits(*seen))
    found, modes = torch.cat(told), torch.from_numpy(windows.modes)
    means = [
        found[modes == mode].mean(dim=0) if (modes == mode).any() else found.mean(dim=0)
        for mode in range(len(MODE_NAMES))
    ]
    return torch.stack(means), found.std(dim=0).clamp_min(RARE)


def _length(slopes: tuple[Tensor, ...]) -> Tensor:
    return torch.stack([one.square().sum() for one in slopes]).sum().sqrt()


def _moved(real: Pair, fake: Pair) -> tuple[Pair, Pair]:
    """Both as they are, or by as many semitones up or down."""
    if torch.rand(()) < 0.5:  # noqa: PLR2004 - half of the steps
        return real, fake
    by = int(torch.randint(-SEMITONES, SEMITONES + 1, ()))
    return _raised(real, by), _raised(fake, by)


def _raised(pair: Pair, by: int) -> Pair:
    sounds, begins = pair
    return torch.cat([sounds[..., :SILENT].roll(by, dims=3), sounds[..., SILENT:]], dim=3), begins
