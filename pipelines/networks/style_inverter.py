"""The encoder that gives inversion its first guess: what was painted -> w of every layer.

    w_l = w_mean + s * (b(x) + d_l(x)),    p(species | x) = softmax(A h(x))

x is what the synthesis paints (the latents of an autoencoder, or pixels), h the features of a
residual body, b one offset for all layers and d_l a small one of each layer, so that leaving the
space in which all layers share one w has a price that training can set (e4e, Tov et al. 2021,
https://arxiv.org/abs/2102.02766). w_mean and s are the mean and deviation of w.

`Prior` says how far from the typical a w is. Before its last leaky ReLU the mapping's output is
nearly Gaussian; whitened, its mean square is about 1 wherever the generator has been trained
(P_N of Zhu et al. 2020, https://arxiv.org/abs/2012.09036).
Legend: N batch, L layers, D width of w, C channels, R resolution.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipelines.networks.discriminator import Body, DiscriminatorSizes
from pipelines.networks.layers import SLOPE, EqualLinear

__all__ = ["FILE", "InverterSizes", "Prior", "StyleInverter", "load_inverter", "save_inverter"]

FILE = "encoder.safetensors"
"""Name of the encoder's weights in a model folder; its sizes stand in the file's metadata."""
FLOOR = 0.05
"""Smallest variance that the prior divides by; the mapping fills about 60 of 128 dimensions."""


@dataclass(frozen=True)
class InverterSizes:
    """Sizes of an encoder.

    Attributes:
        num_ws: Layers L.
        w_dim: Width D of w.
        num_classes: Species told apart.
        in_channels: Channels C of what the synthesis paints.
        channels: Feature channels at R, R/2, ..., 4.
        features: Width of the last shared layer.
    """

    num_ws: int = 6
    w_dim: int = 128
    num_classes: int = 1
    in_channels: int = 4
    channels: tuple[int, ...] = (64, 128, 224)
    features: int = 448


class StyleInverter(nn.Module):
    """See the module's docstring."""

    w_mean: Float[Tensor, " D"]
    w_scale: Float[Tensor, " D"]

    def __init__(self, sizes: InverterSizes) -> None:
        """Build for the sizes; an untrained one answers near w_mean."""
        super().__init__()
        self.sizes = sizes
        self.body = Body(DiscriminatorSizes(sizes.in_channels, 1, sizes.channels, sizes.features))
        self.base = EqualLinear(sizes.features, sizes.w_dim)
        self.layers = EqualLinear(sizes.features, sizes.num_ws * sizes.w_dim)
        self.species = EqualLinear(sizes.features, sizes.num_classes)
        self.register_buffer("w_mean", torch.zeros(sizes.w_dim))
        self.register_buffer("w_scale", torch.ones(sizes.w_dim))
        with torch.no_grad():
            self.layers.weight.mul_(0.1)

    def forward(
        self, x: Float[Tensor, "N C R R"]
    ) -> tuple[Float[Tensor, "N L D"], Float[Tensor, "N K"]]:
        """Return w and the logits of the species."""
        w, _, logits = self.parts(x)
        return w, logits

    def parts(
        self, x: Float[Tensor, "N C R R"]
    ) -> tuple[Float[Tensor, "N L D"], Float[Tensor, "N L D"], Float[Tensor, "N K"]]:
        """Return w, the layers' own offsets d, and the logits of the species."""
        features = self.body(x, compare=False)
        own = self.layers(features).unflatten(1, (self.sizes.num_ws, self.sizes.w_dim))
        offset = self.base(features)[:, None] + own
        return self.w_mean + self.w_scale * offset, own, self.species(features)


class Prior(nn.Module):
    """How far w is from what the mapping gives, 1 for a typical draw."""

    mean: Float[Tensor, " D"]
    whiten: Float[Tensor, "D D"]

    def __init__(self, w: Float[Tensor, "N D"]) -> None:
        """Measure the statistics on draws of the mapping, at least a few thousand."""
        super().__init__()
        x = _straighten(w.double())
        mean = x.mean(dim=0)
        values, vectors = torch.linalg.eigh(torch.cov((x - mean).T))
        self.register_buffer("mean", mean.float())
        self.register_buffer("whiten", (vectors * values.clamp(min=FLOOR).rsqrt()).float())

    def forward(self, w: Float[Tensor, "N L D"]) -> Float[Tensor, "N L D"]:
        """Return w in the whitened space."""
        white: Tensor = (_straighten(w) - self.mean) @ self.whiten
        return white

    def reach(self, w: Float[Tensor, "N L D"]) -> Float[Tensor, " N"]:
        """Return the mean square over layers and dimensions."""
        square: Tensor = self(w).square().mean(dim=(1, 2))
        return square


def _straighten(w: Tensor) -> Tensor:
    """Undo the slope of the mapping's last leaky ReLU."""
    return torch.where(w < 0, w / SLOPE, w)


def save_inverter(network: StyleInverter, place: Path) -> None:
    """Write the weights in half precision, with the sizes as metadata."""
    from safetensors.torch import save_file

    kept = {k: v.detach().half().contiguous() for k, v in network.state_dict().items()}
    place.parent.mkdir(parents=True, exist_ok=True)
    save_file(kept, place, metadata={"sizes": json.dumps(asdict(network.sizes))})


def load_inverter(place: Path) -> StyleInverter:
    """Load an encoder, in float32 and ready for inference.

    Raises:
        ValueError: If the file is missing or broken, or its weights don't match its sizes.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(place, framework="pt") as stored:
            sizes = json.loads((stored.metadata() or {})["sizes"])
            weights = {name: stored.get_tensor(name).float() for name in stored.keys()}  # noqa: SIM118 - not a dict
        network = StyleInverter(InverterSizes(**(sizes | {"channels": tuple(sizes["channels"])})))
        network.load_state_dict(weights)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"encoder={place} can't be read: {error}; fetch it again") from error
    return network.eval().requires_grad_(requires_grad=False)
