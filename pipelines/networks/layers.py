"""Layers of the style-based networks: equalised rates, resampling, modulated convolution.

Equalised rates (Karras et al. 2018, https://arxiv.org/abs/1710.10196): a weight is kept at unit
variance and scaled by 1 / sqrt(fan in) when it is used, so that every layer learns at one speed.
Legend: N batch, I and O channels in and out, H and W pixels, W_dim width of w.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2
GAIN = math.sqrt(2.0)
Resample = Literal["up", "same", "down"]


def activate(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Leaky ReLU with slope 0.2, scaled by sqrt(2) so that the variance stays."""
    return functional.leaky_relu(x, SLOPE) * GAIN


def normalise(x: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
    """Pixel norm: divide by the root mean square over the channels."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


def binomial(channels: int, gain: float, like: Tensor) -> Float[Tensor, "C 1 4 4"]:
    """Return the [1, 3, 3, 1] filter as one depthwise kernel, summing to ``gain``."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], device=like.device, dtype=like.dtype) / 8
    kernel = (taps[:, None] * taps[None, :] * gain).view(1, 1, 4, 4)
    return kernel.expand(channels, 1, 4, 4)


def smooth(x: Float[Tensor, "N C H W"], pad: int, gain: float = 1.0) -> Float[Tensor, "N C h w"]:
    """Filter with [1, 3, 3, 1] after padding every edge with ``pad`` zeros."""
    return functional.conv2d(x, binomial(x.shape[1], gain, x), padding=pad, groups=x.shape[1])


def upsample(x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C h w"]:
    """Double the size: zeros between the pixels, then [1, 3, 3, 1] with gain 4."""
    kernel = binomial(x.shape[1], 4.0, x)
    return functional.conv_transpose2d(x, kernel, stride=2, padding=1, groups=x.shape[1])


class EqualLinear(nn.Module):
    """Linear layer with equalised rate.

    ``rate`` below 1 makes it learn more slowly than the rest (the mapping network's 0.01).
    """

    def __init__(self, inputs: int, outputs: int, *, bias: float = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.gain = rate / math.sqrt(inputs)
        self.rate = rate

    def forward(self, x: Float[Tensor, "N I"]) -> Float[Tensor, "N O"]:
        """Return the affine map of x."""
        return functional.linear(x, self.weight * self.gain, self.bias * self.rate)


class EqualConv(nn.Module):
    """Convolution with equalised rate; ``down`` filters with [1, 3, 3, 1] and halves the size."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, down: bool = False, bias: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.gain = 1 / math.sqrt(inputs * kernel * kernel)
        self.down = down
        self.kernel = kernel

    def forward(self, x: Float[Tensor, "N I H W"]) -> Float[Tensor, "N O h w"]:
        """Return the convolution of x."""
        weight = self.weight * self.gain
        if not self.down:
            return functional.conv2d(x, weight, self.bias, padding=self.kernel // 2)
        x = smooth(x, 1 if self.kernel == 1 else 2)
        return functional.conv2d(x, weight, self.bias, stride=2)


class ModulatedConv(nn.Module):
    """Convolution whose weights are scaled by a style, and demodulated.

    Equations 1 and 3 of Karras 2020, https://arxiv.org/abs/1912.04958:

        w'_ijk = s_i w_ijk,    w''_ijk = w'_ijk / sqrt(sum_ik w'_ijk^2 + 1e-8)

    computed by scaling the input by s and the output by the root, which is the same and lets a
    batch share one convolution.
    """

    def __init__(
        self,
        channels: tuple[int, int],
        w_dim: int,
        kernel: int,
        *,
        up: bool = False,
        demodulate: bool = True,
    ) -> None:
        super().__init__()
        inputs, outputs = channels
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.affine = EqualLinear(w_dim, inputs, bias=1.0)
        self.gain = 1 / math.sqrt(inputs * kernel * kernel)
        self.up = up
        self.demodulate = demodulate
        self.kernel = kernel

    def forward(
        self, x: Float[Tensor, "N I H W"], w: Float[Tensor, "N W_dim"]
    ) -> Float[Tensor, "N O h w"]:
        """Return the convolution of x in the style w."""
        style, weight = self.affine(w), self.weight * self.gain
        x = x * style[:, :, None, None]
        if self.up:
            x = functional.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
            x = smooth(x, 1, gain=4.0)
        else:
            x = functional.conv2d(x, weight, padding=self.kernel // 2)
        if not self.demodulate:
            return x
        power = functional.linear(style.square(), weight.square().sum(dim=(2, 3)))
        return x * torch.rsqrt(power + 1e-8)[:, :, None, None]


class MinibatchDeviation(nn.Module):
    """Append one channel: the mean deviation over groups of the batch (Karras 2018, section 3)."""

    def __init__(self, group: int = 4) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N D H W"]:
        """Return x with D = C + 1 channels."""
        count = x.shape[0]
        group = math.gcd(count, self.group)
        grouped = x.reshape(group, count // group, *x.shape[1:])
        deviation = (grouped.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
        plane = deviation.view(-1, 1, 1, 1).repeat(group, 1, x.shape[2], x.shape[3])
        return torch.cat([x, plane], dim=1)
