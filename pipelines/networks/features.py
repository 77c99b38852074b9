"""A small network that turns a picture into a vector, to tell how alike two pictures are.

Four convolutions, each ``h <- relu(BN(W * h))`` with stride 2, then the mean over the plane:
e = mean_xy h in R^D. Two linear heads serve its training alone: classes
p(c | x) = softmax(A e) and a projection u = P e / |P e| for the contrast of two views of one
picture (Chen et al. 2020, "A Simple Framework for Contrastive Learning",
https://arxiv.org/abs/2002.05709). Distances are taken between the embeddings after every
coordinate has been standardised over the training pictures: f = (e - mean) / spread.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["FeatureNetwork"]


class FeatureNetwork(nn.Module):
    """Pictures to embeddings, class scores and projections.

    Args:
        num_classes: Classes told apart.
        channels: Width after each convolution; the last is the embedding's length D.
        side: Side that pictures are averaged down to first, in pixels.
        num_projections: Length of the contrast's projection.
    """

    mean: Tensor
    spread: Tensor

    def __init__(
        self,
        num_classes: int,
        channels: tuple[int, ...] = (32, 64, 128, 160),
        side: int = 64,
        num_projections: int = 64,
    ) -> None:
        super().__init__()
        self.side = side
        layers: list[nn.Module] = []
        for before, after in zip((3, *channels), channels, strict=False):
            layers += [
                nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers)
        self.classes = nn.Linear(channels[-1], num_classes)
        self.projection = nn.Linear(channels[-1], num_projections)
        self.register_buffer("mean", torch.zeros(channels[-1]))
        self.register_buffer("spread", torch.ones(channels[-1]))

    def embed(self, pictures: Tensor) -> Tensor:
        """Raw embeddings [N, D] of pictures [N, 3, R, R] in -1..1, R a multiple of ``side``."""
        small = functional.adaptive_avg_pool2d(pictures, self.side)
        return torch.as_tensor(self.body(small)).mean(dim=(2, 3))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Standardised features [N, D] and class scores (logits) [N, C]."""
        raw = self.embed(pictures)
        return (raw - self.mean) / self.spread, torch.as_tensor(self.classes(raw))

    def contrast(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Unit projections [N, P] and class scores [N, C], for training."""
        raw = self.embed(pictures)
        unit = functional.normalize(torch.as_tensor(self.projection(raw)), dim=1)
        return unit, torch.as_tensor(self.classes(raw))
