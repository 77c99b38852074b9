"""The same functions in forms that a CPU runs faster; for engines, never for the reference.

Two layers of a decoder cost more than they compute:

- Nearest upsampling by 2 and a 3 x 3 convolution is one transposed convolution of 4 x 4 with
  stride 2: each pixel of the result sees 2 x 2 pixels instead of 9 with repeats (Shi et al. 2016,
  https://arxiv.org/abs/1609.07009).
- Group norm through means of channels needs no change of memory layout between convolutions.

Both equal the layer they stand for but for rounding in float32.
"""

from __future__ import annotations

import copy

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipelines.networks.kl_decoder import Upsample

__all__ = ["ChannelNorm", "folded", "swift"]


class ChannelNorm(nn.Module):
    """`torch.nn.GroupNorm`, from the means of channels."""

    share: Tensor

    def __init__(self, norm: nn.GroupNorm) -> None:
        """Take the weights of ``norm``."""
        super().__init__()
        self.eps, self.weight, self.bias = norm.eps, norm.weight, norm.bias
        size = norm.num_channels // norm.num_groups
        group = torch.arange(norm.num_channels) // size
        share = (group[:, None] == group).float() / size
        self.register_buffer("share", share)

    def forward(self, x: Float[Tensor, "N C *P"]) -> Float[Tensor, "N C *P"]:
        """Return x with mean 0 and variance 1 in every group, scaled and shifted."""
        places = tuple(range(2, x.ndim))  # one of attention, two of a picture
        spread = (..., *(None for _ in places))
        centred = x - (x.mean(dim=places) @ self.share)[spread]
        variance = (centred * centred).mean(dim=places) @ self.share
        scale = torch.rsqrt(variance + self.eps) * self.weight
        out: Tensor = centred * scale[spread] + self.bias[spread]
        return out


def folded(conv: nn.Conv2d) -> nn.ConvTranspose2d:
    """Nearest upsampling by 2 and then ``conv`` (3 x 3, padding 1) as one layer.

    With x read at half the place, out[o] = sum_k W[k] x[(o + k - 1) // 2]; a transposed
    convolution of stride 2 and padding 1 is out[o] = sum_i x[i] K[o - 2 i + 1].
    """
    made = nn.ConvTranspose2d(conv.in_channels, conv.out_channels, 4, 2, 1)
    kernel = torch.zeros(conv.in_channels, conv.out_channels, 4, 4)
    reach = {(a, k): a - 2 * ((a + k - 1) // 2) + 1 for a in range(2) for k in range(3)}
    for (_, down), row in reach.items():
        for (_, right), column in reach.items():
            kernel[:, :, row, column] += conv.weight.detach()[:, :, down, right].T
    made.weight.data = kernel
    if conv.bias is not None and made.bias is not None:
        made.bias.data = conv.bias.detach().clone()
    return made


def swift(module: nn.Module) -> nn.Module:
    """A copy of ``module`` for inference, its slow layers in the faster forms."""
    made = copy.deepcopy(module)
    _replace(made)
    return made.requires_grad_(requires_grad=False).eval()


def _replace(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, Upsample):
            setattr(module, name, folded(child.conv))
        elif isinstance(child, nn.GroupNorm):
            setattr(module, name, ChannelNorm(child))
        else:
            _replace(child)
