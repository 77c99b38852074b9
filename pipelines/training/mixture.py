"""Where the latents of real pictures lie: a mixture of Gaussians, found after training.

    p(z) = sum_k pi_k N(z; m_k, L_k L_k^T)

A variational autoencoder is trained towards N(0, I), and what its encoder finds is never quite
that: pictures of different kinds, such as haircuts, lie in clusters, and a z between two of them
paints a ghost of both. So seeds are drawn from a mixture fitted to the encoder's own answers
(Ghosh et al. 2020, https://arxiv.org/abs/1903.12436), by expectation maximisation (Dempster et
al. 1977) from k-means++ (Arthur and Vassilvitskii 2007).

    python -m pipelines.training.mixture FOLDER --data DIR [--components 64]

Legend: N pictures, K components, Z width of z.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.networks.mixture import Mixture, save_mixture
from pipelines.networks.vae import Encoder
from pipelines.networks.vae_files import load_encoder
from pipelines.training.data import Pictures, load_pictures
from pipelines.training.sheets import to_tensor

__all__ = ["encode", "fit", "main"]

Floats = NDArray[np.float64]
BATCH = 64
ROUNDS = 15
FLOOR = 1e-3
"""Least variance of a component, in variances of all."""


def encode(encoder: Encoder, pixels: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Mean and variance of z of pictures [N, R, R, 3], each of shape [N, Z]."""
    means, variances = [], []
    with torch.inference_mode():
        for start in range(0, len(pixels), BATCH):
            mean, log_variance = encoder(to_tensor(pixels[start : start + BATCH]))
            means.append(mean.double())
            variances.append(log_variance.double().exp())
    return torch.cat(means).numpy(), torch.cat(variances).numpy()


def fit(mean: Floats, variance: Floats, components: int, seed: int = 0) -> Mixture:
    """The mixture of posteriors N(mean, variance), in ``ROUNDS`` rounds.

    A component of few pictures keeps less of its covariances and is never narrower than a little.

    Args:
        mean: Shape [N, Z], N at least ``components``.
        variance: Of each posterior; its mean is added to every component.
        components: K, at least 1.
        seed: Of the first centres.

    Raises:
        ValueError: If there are fewer pictures than components.
    """
    if not 1 <= components <= len(mean):
        raise ValueError(
            f"components={components} are not 1 to {len(mean)}, the pictures there are; "
            "give fewer components or more pictures"
        )
    whole = np.cov(mean.T).reshape(mean.shape[1], -1) + np.diag(variance.mean(axis=0))
    centres = _spread_out(mean, components, np.random.Generator(np.random.Philox(seed)))
    share = np.full(components, 1 / components)
    covers = np.repeat(whole[None] * components ** (-2 / mean.shape[1]), components, axis=0)
    for _ in range(ROUNDS):
        likely = np.log(share) + _log_densities(mean, centres, covers)
        weight = np.exp(likely - likely.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        total = weight.sum(axis=0) + 1e-9
        share, centres = total / total.sum(), (weight.T @ mean) / total[:, None]
        for k in range(components):
            apart = mean - centres[k]
            own = (weight[:, k, None] * apart).T @ apart / total[k]
            own += np.diag(weight[:, k] @ variance / total[k])
            pull = mean.shape[1] / (mean.shape[1] + total[k])
            covers[k] = (1 - pull) * own + np.diag(pull * np.diag(own) + FLOOR * np.diag(whole))
    return Mixture(
        share.astype(np.float32),
        centres.astype(np.float32),
        np.linalg.cholesky(covers).astype(np.float32),
    )


def _spread_out(mean: Floats, count: int, source: np.random.Generator) -> Floats:
    """First centres [count, Z]: far apart (k-means++), then a few rounds of k-means."""
    centres = [mean[source.integers(len(mean))]]
    nearest = np.full(len(mean), np.inf)
    while len(centres) < count:
        nearest = np.minimum(nearest, ((mean - centres[-1]) ** 2).sum(axis=1))
        centres.append(mean[source.choice(len(mean), p=nearest / nearest.sum())])
    found = np.stack(centres)
    for _ in range(10):
        apart = (mean**2).sum(1)[:, None] - 2 * mean @ found.T + (found**2).sum(1)
        chosen = apart.argmin(axis=1)
        for k in range(count):
            if (chosen == k).any():
                found[k] = mean[chosen == k].mean(axis=0)
    return found


def _log_densities(z: Floats, centres: Floats, covers: Floats) -> Floats:
    """Logarithm of N(z; m_k, C_k) but for a constant, shape [N, K]."""
    found = np.empty((len(z), len(centres)))
    for k, (centre, cover) in enumerate(zip(centres, covers, strict=True)):
        factor = np.linalg.cholesky(cover)
        white = np.linalg.solve(factor, (z - centre).T)
        found[:, k] = -0.5 * (white**2).sum(axis=0) - np.log(np.diag(factor)).sum()
    return found


def write(folder: Path, pictures: Pictures, components: int) -> Mixture:
    """Fit the mixture to the training split and put it beside the weights."""
    mean, variance = encode(load_encoder(folder), pictures.split("train").pixels)
    mixture = fit(mean, variance, components)
    save_mixture(mixture, folder)
    return mixture


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.mixture")
    parser.add_argument("folder", type=Path, help="folder of a variational autoencoder")
    parser.add_argument("--data", type=Path, required=True, help="what it was trained on")
    parser.add_argument("--components", type=int, default=64, help="Gaussians of the mixture")
    parser.add_argument("--cache", type=Path, help="folder that keeps the decoded pictures")
    given = parser.parse_args(arguments)
    side = load_encoder(given.folder).sizes.resolution
    write(given.folder, load_pictures(given.data, side, given.cache), given.components)


if __name__ == "__main__":
    main()
