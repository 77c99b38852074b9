"""Training computes in bfloat16 only where the processor multiplies it itself."""

import pytest
import torch

from pipelines.training import precision
from pipelines.training.precision import computing_in


@pytest.mark.parametrize(
    ("able", "asked", "enabled", "computed"),
    [
        ("bf16", "bfloat16", True, torch.bfloat16),
        ("f32", "bfloat16", True, torch.float32),  # tens of times slower there
        ("bf16", "float32", True, torch.float32),
        ("bf16", "bfloat16", False, torch.float32),
    ],
)
def test_products_are_computed_in_what_the_processor_is_fast_in(
    monkeypatch, able, asked, enabled, computed
):
    monkeypatch.setattr(precision, "fast_precision", lambda: able)
    with computing_in(asked, enabled=enabled):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == computed


def test_an_unknown_precision_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="float32 or bfloat16"):
        computing_in("half")
