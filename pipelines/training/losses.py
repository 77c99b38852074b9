"""Losses that more than one family uses: pyramids, textures and adversaries.

Legend: B batch, C channels, H and W pixels, L pyramid levels, D projections.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

PATCH = 7
Picture = Float[Tensor, "B C H W"]


def blur(x: Picture) -> Picture:
    """Blur with the binomial kernel [1, 4, 6, 4, 1], edges reflected."""
    taps = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], device=x.device, dtype=x.dtype) / 16
    channels = x.shape[1]
    row = taps.view(1, 1, 1, 5).repeat(channels, 1, 1, 1)
    x = functional.conv2d(functional.pad(x, (2, 2, 2, 2), "reflect"), row, groups=channels)
    return functional.conv2d(x, row.transpose(2, 3), groups=channels)


def laplacian_pyramid(x: Picture, levels: int) -> list[Tensor]:
    """Split a picture into bands, finest first, the last one the low-pass rest.

    Burt and Adelson 1983. Level k has the size of the picture divided by 2^k; a band is what is
    lost when the level is halved and doubled again.
    """
    bands = []
    for _ in range(levels - 1):
        low = blur(x)[:, :, ::2, ::2]
        size = (x.shape[2], x.shape[3])
        bands.append(x - functional.interpolate(low, size, mode="bilinear", align_corners=False))
        x = low
    return [*bands, x]


def pyramid_l1(a: list[Tensor], b: list[Tensor]) -> Float[Tensor, ""]:
    """Return the sum over levels of the mean absolute difference."""
    return torch.stack([(x - y).abs().mean() for x, y in zip(a, b, strict=True)]).sum()


def texture_distance(a: Picture, b: Picture, *, num_projections: int = 24) -> Float[Tensor, ""]:
    """Return the sliced Wasserstein distance between the 7 x 7 patches of two batches.

    Every patch, normalised by the mean and standard deviation of b's channels, is projected on D
    random directions, drawn as one convolution; the sorted projections are compared. Which patch
    is where plays no part, so this asks for the same texture, not for the same picture.
    Heitz et al. 2021, https://arxiv.org/abs/2006.07229, on patches as Karras et al. 2018,
    https://arxiv.org/abs/1710.10196.
    """
    channels, patch = a.shape[1], min(PATCH, a.shape[2])
    slices = torch.randn(num_projections, channels, patch, patch, device=a.device, dtype=a.dtype)
    slices = slices / slices.square().sum(dim=(1, 2, 3), keepdim=True).sqrt()
    deviation = b.std(dim=(0, 2, 3), keepdim=True) + 1e-4
    mean = b.mean(dim=(0, 2, 3), keepdim=True)
    stride = max(1, a.shape[2] // 24)
    top, left = (int(i) for i in torch.randint(0, stride, (2,)))
    sides = [
        functional.conv2d(((x - mean) / deviation)[:, :, top:, left:], slices, stride=stride)
        .transpose(0, 1)
        .flatten(1)
        .sort(dim=1)
        .values
        for x in (a, b)
    ]
    return (sides[0] - sides[1]).abs().mean()


def textures(a: list[Tensor], b: list[Tensor]) -> Float[Tensor, ""]:
    """Return the sum of :func:`texture_distance` over the levels that hold a 7 x 7 patch."""
    pairs = [(x, y) for x, y in zip(a, b, strict=True) if x.shape[2] > 2 * PATCH]
    return torch.stack([texture_distance(x, y) for x, y in pairs]).sum()


def relativistic(logits: Float[Tensor, ...], other: Float[Tensor, ...]) -> Float[Tensor, ""]:
    """Return the relativistic pairing loss, softplus(other - logits).

    The discriminator is trained with real as ``logits`` and fake as ``other``, the generator the
    other way round. Jolicoeur-Martineau 2018, https://arxiv.org/abs/1807.00734; with penalties
    on both sides it converges (R3GAN, Huang et al. 2024, https://arxiv.org/abs/2501.05441).
    """
    return functional.softplus(other - logits).mean()


def gradient_penalty(logits: Float[Tensor, ...], x: Picture) -> Float[Tensor, ""]:
    """Return the mean squared norm of the gradient of the logits at the input.

    R1 on real and R2 on generated pictures. Mescheder et al. 2018,
    https://arxiv.org/abs/1801.04406.
    """
    (slope,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return slope.square().sum(dim=(1, 2, 3)).mean()


def strokes(a: Picture, b: Picture, sizes: int = 4) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Return how far line drawings are apart: in colour, and in where lines are.

    L1 summed over ``sizes`` halvings, and L1 of the slopes between neighbouring pixels summed
    over the first half of them and both ways: L1 alone is content with a blurred line.
    """
    colours, edges = a.new_zeros(()), a.new_zeros(())
    for size in range(sizes):
        apart = a - b
        colours = colours + apart.abs().mean()
        if size < sizes // 2:
            edges = edges + apart.diff(dim=2).abs().mean() + apart.diff(dim=3).abs().mean()
        a, b = (functional.avg_pool2d(x, 2) for x in (a, b))
    return colours, edges
