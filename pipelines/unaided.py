"""What families have in common that run their own networks, on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.errors import LatentError

if TYPE_CHECKING:
    from pipelines.attachments import Attachment
    from pipelines.controls import Value
    from pipelines.pipeline import Network
    from pipelines.request import Request

__all__ = ["Unaided"]


class Unaided:
    """A family that needs no engine and no file beside its recipes.

    Every engine makes the same of them: what is given stands in the controls, as text or number.
    """

    @property
    def inputs(self) -> tuple[Attachment, ...]:
        """None."""
        return ()

    def networks(self) -> tuple[str, ...]:
        """None that an engine runs."""
        return ()

    def network(self, name: str) -> Network:
        """See `pipelines.pipeline.Pipeline`.

        Raises:
            LatentError: ``unknown_network``, always.
        """
        raise LatentError("unknown_network", name=name, rule="not a network of this family")

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """Nothing: the seed decides no other control."""
        return {}
