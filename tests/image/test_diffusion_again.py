"""What a drag asks for at every frame is built once, and stays as it was."""

import numpy as np
import pytest

from pipelines.image.diffusion_sampling import SCHEDULERS, scheduler_named, start_at


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_scheduler_that_was_used_up_leaves_the_next_one_as_new(name: str) -> None:
    first = scheduler_named(name)
    before = first.alphas_cumprod.clone()
    start_at(first, 7, 0.5)
    first.alphas_cumprod[:] = 0.0
    second = scheduler_named(name)
    assert np.array_equal(second.alphas_cumprod, before)
    assert second.num_inference_steps is None
    start_at(second, 4, 1.0)
    assert len(second.timesteps) == 4
    assert len(first.timesteps) == 7


def test_words_are_read_once(tiny_diffusion, monkeypatch) -> None:
    reader = tiny_diffusion.pipeline.parts.reader
    read = []
    forward = type(reader.encoder).forward

    def counted(self, *args, **kwargs):
        read.append(args)
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(type(reader.encoder), "forward", counted)
    first, again, other = (reader(text) for text in ("red apple", "red apple", "green apple"))
    assert len(read) == 2
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    first[:] = 0
    assert np.array_equal(again, reader("red apple")), "each has its own"
