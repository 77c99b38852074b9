"""What every network is that writes token by token."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn

__all__ = ["TokenWriter"]


class TokenWriter(nn.Module):
    """A network that says how likely every token is after those before it.

    Legend: N sequences, L places, B places at once, V tokens.
    """

    @abstractmethod
    def forward(self, tokens: Int[Tensor, "N L"]) -> Float[Tensor, "N L V"]:
        """Logits of the token after each place."""

    @abstractmethod
    def begin(self) -> Any:  # noqa: ANN401 - its own
        """A memory of one sequence of which nothing was read."""

    @abstractmethod
    def extend(
        self,
        cache: Any,  # noqa: ANN401 - what `begin` gives
        tokens: Int[Tensor, "N B"],
    ) -> Float[Tensor, "N V"]:
        """Logits of the token after the last of ``tokens``, which follow what was read."""
