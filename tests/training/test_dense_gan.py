"""The GAN of the textbooks: figures drawn on the spot, a run that its seed decides, the fight."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipelines.networks.dense_gan import DenseSizes, Discriminator, Generator
from pipelines.training.dense_gan import DenseRecipe, DenseTraining
from pipelines.training.glyphs import FIGURES, SIDE, draw_glyphs

SHORT = DenseRecipe(num_steps=120, num_pictures=400, batch_size=32)


def test_figures_are_whole_varied_and_all_ten_there():
    pixels, labels = draw_glyphs(300)
    assert pixels.shape == (300, SIDE, SIDE)
    assert np.bincount(labels).tolist() == [30] * len(FIGURES)
    edge = np.concatenate(
        [pixels[:, [0, -1]].reshape(300, -1), pixels[:, :, [0, -1]].reshape(300, -1)], 1
    )
    assert (edge.max(axis=1) > 0).mean() < 0.02, "no figure is cut off"
    assert ((pixels > 127).mean(axis=(1, 2)) > 0.03).all(), "each has ink"
    assert len({one.tobytes() for one in pixels}) == 300, "no two alike"


def test_a_figure_is_nearer_to_its_own_kind():
    pixels, labels = draw_glyphs(1000)
    flat = pixels.reshape(1000, -1).astype(np.float32)
    means = np.stack([flat[labels == label].mean(axis=0) for label in range(10)])
    nearest = np.linalg.norm(flat[:, None] - means, axis=2).argmin(axis=1)
    assert (nearest == labels).mean() > 0.75


def test_the_seed_decides_the_figures():
    one, again, other = (draw_glyphs(20, seed)[0] for seed in (3, 3, 4))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_gradients_reach_every_weight_and_shapes_hold_on_meta():
    sizes = DenseSizes()
    generator, judge = Generator(sizes), Discriminator(sizes)
    judge(generator(torch.randn(8, sizes.z_dim))).square().sum().backward()
    for parameter in (*generator.parameters(), *judge.parameters()):
        assert parameter.grad is not None
    with torch.device("meta"):
        picture = Generator(sizes)(torch.randn(4, sizes.z_dim))
        assert picture.shape == (4, SIDE * SIDE)
        assert Discriminator(sizes)(picture).shape == (4,)


def test_a_run_is_decided_by_its_seed_alone():
    runs = []
    for seed in (1, 1, 2):
        torch.manual_seed(len(runs))  # what others draw must not matter
        training = DenseTraining(SHORT, seed)
        losses = [training.step() for _ in range(5)]
        runs.append((losses, training.painter.samples(4)))
    assert runs[0][0] == runs[1][0]
    assert np.array_equal(runs[0][1], runs[1][1])
    assert runs[0][0] != runs[2][0]


def test_the_samples_come_to_look_like_figures():
    """The paper darkens nowhere and the middle is inked, as in the figures it learns from."""
    training = DenseTraining(SHORT)
    real = draw_glyphs(400)[0].astype(float).mean(axis=0)

    def apart() -> float:
        return float(np.abs(training.painter.samples(64).astype(float).mean(axis=0) - real).mean())

    before = apart()
    while not training.over:
        training.step()
    assert apart() < 0.35 * before
    assert training.painter.samples(64).std(axis=0).mean() > 15, "and they are not all alike"


def test_looking_at_the_samples_changes_nothing():
    looked, alone = DenseTraining(SHORT), DenseTraining(SHORT)
    for _ in range(4):
        looked.step()
        looked.painter.samples(9)
        alone.step()
    assert looked.step() == alone.step()
    few, many = (looked.painter.samples(count).astype(int) for count in (4, 9))
    assert np.abs(many[:4] - few).max() <= 1, "what a sample looks like is its own affair"


def test_the_way_begins_and_ends_at_the_samples():
    painter = DenseTraining(SHORT).painter
    way, samples = painter.between(2, 5, 8), painter.samples(6)
    assert way.shape == (8, SIDE, SIDE)
    assert np.abs(way[[0, -1]].astype(int) - samples[[2, 5]]).max() <= 1
    assert len({one.tobytes() for one in way}) == 8


@pytest.mark.parametrize("taken", [0, 60, 90, 120])
def test_rates_fall_over_the_second_half(taken):
    training = DenseTraining(SHORT)
    training.taken = taken
    training._set_rates()
    share = training._maker.param_groups[0]["lr"] / SHORT.generator_rate
    assert share == pytest.approx(min(1, 2 * (1 - taken / 120)))
