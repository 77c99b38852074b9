"""Training of the Transformer over the codes of a vector-quantised autoencoder.

    loss = - E mean_(i not in M) log p(k_i | k_1 ... k_(i-1), s, k_M)

with k the codes of a picture, s its class and M the cells that are kept, drawn anew for every
picture (:mod:`pipelines.training.kept_cells`); see :mod:`pipelines.networks.code_transformer`.

A run that starts from a trained model G can fold guidance of scale g into its answer to a class
(classifier-free guidance, Ho and Salimans 2022, https://arxiv.org/abs/2207.12598, learned by one
model as in Meng et al. 2023, https://arxiv.org/abs/2210.03142): the code of the picture is then
replaced by the distribution whose logits are

    G(. | k_M) + g (G(. | s, k_M) - G(. | k_M))

G must have learned with classes left out (``unlabelled``).
"""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from pipelines.image.vq_sampling import Chances, write
from pipelines.latents import normal
from pipelines.networks.code_transformer import NO_CLASS, CodeTransformer, TransformerSizes
from pipelines.networks.vq_autoencoder import VQAutoencoder
from pipelines.networks.vq_files import AUTOENCODER, PRIOR, load_prior, load_vq, save_prior
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.data import Pictures, balanced
from pipelines.training.kept_cells import draw_kept
from pipelines.training.loop import update_average
from pipelines.training.muon import Muon
from pipelines.training.parallel import Workers
from pipelines.training.precision import computing_in
from pipelines.training.sheets import contact_sheet, to_pixels, to_tensor
from pipelines.training.vq_prior_recipe import VQPriorRecipe

__all__ = ["VQPriorRecipe", "VQPriorTraining", "encode"]

SHOWN = 20
"""Fresh pictures on a contact sheet, and as many that are completed."""
CHUNK = 8


class VQPriorTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(
        self,
        pictures: Pictures,
        recipe: VQPriorRecipe,
        start: Path,
        *,
        workers: int = 1,
        cache: Path | None = None,
    ) -> None:
        """Encode the pictures with the autoencoder in the folder ``start``; see `encode`.

        If a prior lies there too, the run goes on from it, in its sizes.

        Raises:
            ValueError: If that folder can't be read, or guidance is to be folded into a prior
                that has not learned yet.
        """
        if recipe.fold != 1 and not (start / PRIOR).is_file():
            raise ValueError(f"fold={recipe.fold} needs a trained prior; give one with --start")
        self.recipe, self.workers, self.start = recipe, Workers(workers), start
        self.vq = load_vq(start)
        train, held = pictures.split("train"), pictures.split("validation")
        held = held if len(held.names) else train
        side = train.pixels.shape[1] // self.vq.sizes.scale
        self.codes = encode(self.vq, train, recipe.variants, cache=cache)
        self.labels = torch.from_numpy(train.labels).repeat(recipe.variants)
        self.held = encode(self.vq, held, 1), torch.from_numpy(held.labels)
        counts = torch.bincount(self.codes.flatten(), minlength=self.vq.sizes.num_codes).float()
        self.counts = counts
        if (start / PRIOR).is_file():
            self.model = load_prior(start).requires_grad_(requires_grad=True).train()
            self.sizes = self.model.sizes
        else:
            self.sizes = self._sizes(side, len(train.classes))
            self.model = self._fresh()
        self.average = copy.deepcopy(self.model).requires_grad_(requires_grad=False).eval()
        self.guide = copy.deepcopy(self.average) if recipe.fold != 1 else None
        self.shares = torch.from_numpy(balanced(self.labels.numpy(), recipe.balance))
        self.parameters = list(self.model.parameters())
        self.optimiser = Muon(self.parameters, recipe.learning_rate, vector_scale=0.3)
        self.taken = 0

    def _sizes(self, side: int, num_classes: int) -> TransformerSizes:
        recipe = self.recipe
        return TransformerSizes(
            num_codes=self.vq.sizes.num_codes,
            code_width=self.vq.sizes.code_width,
            side=side,
            num_classes=num_classes,
            width=recipe.width,
            num_layers=recipe.num_layers,
            num_heads=recipe.num_heads,
            context_width=recipe.context_width,
            context_layers=recipe.context_layers,
        )

    def _fresh(self) -> CodeTransformer:
        """Return a prior to which every code is as likely as it is frequent."""
        model = CodeTransformer(self.sizes)
        model.read_codebook(self.vq.codebook.vectors)
        with torch.no_grad():
            model.bias.copy_(((self.counts + 1) / (self.counts + 1).sum()).log())
            model.leave.weight.mul_(0.05)
        return model

    def step(self, progress: float) -> dict[str, float]:
        """Take one step."""
        recipe = self.recipe
        self.taken += 1
        rate = recipe.learning_rate * schedule(progress, self.taken, warm_up=100)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        figures = self.workers.gradients(self._loss, self.batch(), self.parameters)
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        update_average(self.average, self.model, min(recipe.ema, 1 - 8 / (9 + self.taken)))
        if self.taken % 100 == 0:
            figures["held"] = self.held_loss()
        return figures

    def batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """Draw codes [B, L], classes [B] and which cells are kept [B, L]."""
        count = self.recipe.batch_size
        index = torch.multinomial(self.shares, count, replacement=True)
        silent = torch.rand(count) < self.recipe.unlabelled
        labels = torch.where(silent, NO_CLASS, self.labels[index])
        return self.codes[index], labels, draw_kept(count, self.sizes.side).flatten(1)

    def _loss(
        self,
        codes: Int[Tensor, "B L"],
        labels: Int[Tensor, " B"],
        kept: Bool[Tensor, "B L"],
    ) -> tuple[Tensor, dict[str, float]]:
        with computing_in(self.recipe.precision):
            logits = self.model(codes, labels, kept, dropout=self.recipe.dropout).float()
            aim = codes if self.guide is None else self._guided(self.guide, codes, labels, kept)
        each = _each(logits, aim)
        drawn = ~kept
        loss = each[drawn].mean()
        free = drawn.all(dim=1)
        figures = {"loss": loss.item()}
        if free.any():
            figures["free"] = each.detach()[free].mean().item()
        if not free.all():
            figures["completed"] = each.detach()[~free][drawn[~free]].mean().item()
        return loss, figures

    @torch.no_grad()
    def _guided(
        self,
        guide: CodeTransformer,
        codes: Int[Tensor, "B L"],
        labels: Int[Tensor, " B"],
        kept: Bool[Tensor, "B L"],
    ) -> Float[Tensor, "B L K"]:
        """Probabilities of every code that guidance gives."""
        given = guide(codes, labels, kept).float()
        without = guide(codes, torch.full_like(labels, NO_CLASS), kept).float()
        guided: Tensor = without + self.recipe.fold * (given - without)
        return guided.softmax(dim=2)

    @torch.no_grad()
    def held_loss(self) -> float:
        """Nats a code of the averaged model, on pictures that are not trained on, none kept."""
        found = []
        for start in range(0, min(64, len(self.held[1])), CHUNK):
            codes, labels = (x[start : start + CHUNK] for x in self.held)
            nowhere = torch.zeros_like(codes, dtype=torch.bool)
            found.append(_each(self.average(codes, labels, nowhere), codes))
        return float(torch.cat(found).mean())

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        names = ("model", "average", "optimiser")
        kept: dict[str, Any] = {name: getattr(self, name).state_dict() for name in names}
        return kept | {"taken": self.taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        for name in ("model", "average", "optimiser"):
            getattr(self, name).load_state_dict(state[name])
        self.taken = int(state["taken"])

    def sheet(self) -> Image.Image:
        """Return fresh pictures, then held-out ones of which the lower half is drawn again."""
        codes, labels = self.held[0][:SHOWN], self.held[1][:SHOWN]
        kept = torch.zeros_like(codes[0], dtype=torch.bool)
        upper = kept.clone()
        upper[: len(kept) // 2] = True
        rows = [self.paint(codes, labels, mask, seed=1) for mask in (kept, upper)]
        with torch.inference_mode():
            whole = self.vq.decode(codes.view(-1, self.sizes.side, self.sizes.side))
        return contact_sheet(to_pixels(torch.cat([*rows, whole])), 10)

    def paint(
        self,
        codes: Int[Tensor, "N L"],
        labels: Int[Tensor, " N"],
        kept: Bool[Tensor, " L"],
        *,
        seed: int,
    ) -> Float[Tensor, "N 3 R R"]:
        """Return pictures of the averaged model, with the kept cells of ``codes``."""
        side = self.sizes.side
        noise = np.stack([normal(seed + i, (len(kept),), "codes") for i in range(len(codes))])
        *_, made = write(self.average, codes, kept, noise=noise, labels=labels, chances=Chances())
        with torch.inference_mode():
            picture: Tensor = self.vq.decode(made.view(-1, side, side))
        return picture

    def export(self, folder: Path) -> None:
        """Write the model folder: the autoencoder as it came, and the averaged prior."""
        config = json.loads((self.start / "config.json").read_text(encoding="utf-8"))
        share = self.counts / self.counts.sum()
        blank = int(self.counts.argmax())
        perplexity = float((-(share * (share + 1e-12).log()).sum()).exp())
        config |= {
            "id": folder.name,
            "blank": blank,
            "codebook_use": float((self.counts > 0).float().mean()),
            "codebook_perplexity": round(perplexity, 2),
        }
        save_prior(self.average, folder, config)
        if folder.resolve() != self.start.resolve():
            shutil.copyfile(self.start / AUTOENCODER, folder / AUTOENCODER)


def encode(
    vq: VQAutoencoder, pictures: Pictures, variants: int, *, cache: Path | None = None
) -> Int[Tensor, "M L"]:
    """Return the codes of every picture, first as they are, then mirrored.

    Args:
        vq: The autoencoder.
        pictures: M / variants of them.
        variants: 1 or 2.
        cache: Folder that keeps the codes; ``None`` encodes again every time.
    """
    stamp = hashlib.sha256("\n".join(pictures.names).encode())
    for value in (*vq.encoder.state_dict().values(), vq.codebook.vectors):
        stamp.update(value.numpy().tobytes())
    place = cache and cache / f"codes-{variants}-{stamp.hexdigest()[:16]}.npy"
    if place and place.exists():
        return torch.from_numpy(np.load(place, allow_pickle=False).astype(np.int64))
    parts = np.array_split(pictures.pixels, -(-len(pictures.names) // CHUNK))
    jobs = [(part, mirrored) for mirrored in range(variants) for part in parts]
    made = []
    vq = copy.deepcopy(vq).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.inference_mode():
        for part, mirrored in tqdm(jobs, desc="encoding", disable=len(jobs) < CHUNK):
            picture = to_tensor(part).to(memory_format=torch.channels_last)
            made.append(vq.encode(picture.flip(3) if mirrored else picture).flatten(1))
    codes = torch.cat(made).clone()
    if place:
        place.parent.mkdir(parents=True, exist_ok=True)
        np.save(place, codes.numpy().astype(np.int16), allow_pickle=False)
    return codes


def _each(
    logits: Float[Tensor, "N L K"], aim: Int[Tensor, "N L"] | Float[Tensor, "N L K"]
) -> Float[Tensor, "N L"]:
    """Nats of every code, or of what is to be drawn with such probabilities."""
    aim = aim.transpose(1, 2) if aim.ndim == logits.ndim else aim
    return functional.cross_entropy(logits.transpose(1, 2), aim, reduction="none")
