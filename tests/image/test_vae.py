"""The variational autoencoder as an instrument: sliders, what is brought, damaged files."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.errors import PipelineError, WeightsError
from pipelines.inverting import Search, inverter_of
from pipelines.latents import Direction, normal
from pipelines.networks.mixture import MIXTURE
from pipelines.networks.vae_files import ENCODER
from pipelines.run import never
from pipelines.training.dimensions import save_directions
from pipelines.training.label_directions import holds, probe, regress, solve
from pipelines.training.repainting import latents, painted
from tests.tiny import tiny_vae_folder


def pixels(artifact):
    return np.asarray(artifact.data).astype(int)


# -- any model ------------------------------------------------------------------------------------


def test_sliders_stand_in_order_and_nothing_is_mixed(tiny_vae):
    names = [control.name for control in tiny_vae.controls]
    first = ["seed", "warmth", "lightness", "truncation_psi"]
    numbered = [f"dimension_{i}" for i in range(1, 11)]
    assert names == [*first, *numbered, "wander", "wander_seed"]
    groups = {control.name: control.group for control in tiny_vae.controls}
    assert {groups[name] for name in numbered} == {"more"}


def test_dimensions_come_in_the_order_of_what_they_change(tiny_vae, vae_root):
    """Measured again on pictures of other seeds, one step either way."""
    changes = []
    for i in range(1, 11):
        apart = [
            np.abs(pixels(up) - pixels(down)).mean()
            for seed in range(6)
            for up, down in [
                [
                    tiny_vae.render(tiny_vae.request(seed=seed, **{f"dimension_{i}": offset}))
                    for offset in (1.0, -1.0)
                ]
            ]
        ]
        changes.append(float(np.mean(apart)))
    ranks = np.argsort(np.argsort(changes))
    assert np.corrcoef(ranks, np.arange(10)[::-1])[0, 1] > 0.8
    told = json.loads((vae_root / "tiny-vae" / "directions.json").read_text())["directions"]
    named = [one["name"] for one in told if one["kind"] == "dimension"]
    assert named == [f"dimension_{i}" for i in range(1, 11)]


def test_truncation_goes_to_the_typical_picture(tiny_vae):
    one, other = (
        tiny_vae.pipeline.place(tiny_vae.request(seed=seed, truncation_psi=0.0)) for seed in (1, 2)
    )
    assert np.array_equal(one, other)
    assert np.array_equal(one, tiny_vae.latent_space.center)


def test_the_search_comes_closer_and_every_slider_rests(tiny_vae):
    target = tiny_vae.render(tiny_vae.request(seed=3)).data
    found = list(inverter_of(tiny_vae).encode(target, Search(steps=12), never))
    assert [one.step for one in found] == [*range(13), 12]
    assert found[-1].ended == "done"
    assert found[-1].distance < found[0].distance
    inverter = inverter_of(tiny_vae)
    goal = torch.from_numpy(np.asarray(target, np.float32).transpose(2, 0, 1)[None] / 127.5 - 1)
    with torch.no_grad():
        guess = inverter.encoder(goal)[0]
    assert found[0].request.point.array() == pytest.approx(guess.numpy(), abs=1e-5)
    again = list(inverter_of(tiny_vae).encode(target, Search(steps=12), never))
    assert again[-1] == found[-1]
    values = tiny_vae.values(tiny_vae.check(found[-1].request))
    assert {values[c.name] for c in tiny_vae.controls if c.direction} == {0.0}
    stopped = list(inverter_of(tiny_vae).encode(target, Search(steps=12), lambda: True))
    assert stopped[-1].ended == "cancelled"


def test_a_model_without_an_encoder_says_so_and_plays(tmp_path):
    folder = tiny_vae_folder(tmp_path)
    whole = (folder / ENCODER).read_bytes()
    (folder / ENCODER).unlink()
    instrument = Catalog((tmp_path,)).load("tiny-vae")
    assert instrument.render(instrument.request(seed=1)).data.size == (32, 32)
    with pytest.raises(PipelineError) as refused:
        inverter_of(instrument)
    assert refused.value.code == "not_invertible"
    (folder / ENCODER).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError):
        inverter_of(Catalog((tmp_path,)).load("tiny-vae"))


@pytest.mark.parametrize("file", ["weights.safetensors", "directions.safetensors", MIXTURE])
def test_damaged_files_are_refused(tmp_path, file):
    folder = tiny_vae_folder(tmp_path)
    (folder / file).write_bytes(b"not a tensor")
    with pytest.raises(WeightsError, match="damaged or not of its configuration"):
        Catalog((tmp_path,)).load("tiny-vae")


def test_directions_of_another_model_are_refused(tmp_path):
    folder = tiny_vae_folder(tmp_path)
    save_directions([Direction("warmth", normal(0, (1, 14)))], folder)
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("tiny-vae")


# -- directions from labels -----------------------------------------------------------------------


class Corners:
    """Reads the lightness of two corners: labels that are known to the pixel."""

    labels = ("top", "bottom")

    def __init__(self, model):
        self.spread = self.read(painted(model, latents(model, 0, 24))).std(axis=0)

    def standard(self, pictures):
        return torch.stack(
            [pictures[:, :, :8].mean(dim=(1, 2, 3)), pictures[:, :, 24:].mean(dim=(1, 2, 3))],
            dim=1,
        )

    def read(self, made):
        values = made.astype(np.float32) / 255
        return np.stack(
            [values[:, :8].mean(axis=(1, 2, 3)), values[:, 24:].mean(axis=(1, 2, 3))], axis=1
        )


def test_a_label_step_moves_its_own_label_and_not_the_other(tiny_vae):
    model, reader = tiny_vae.pipeline, Corners(tiny_vae.pipeline)
    steps = solve(model, reader, latents(model, 0, 24))
    for one in probe(model, reader, steps, latents(model, 500, 24)):
        assert one.own > 0.3
        assert one.own > 2 * abs(one.effect[one.strongest_other])
        assert one.monotone > 0.9
        assert holds(one)
        assert np.linalg.norm(one.step / model.latent_space.spread) == pytest.approx(1)


def test_regression_finds_the_way_along_which_a_label_lies():
    source = np.random.default_rng(0)
    values = source.standard_normal((500, 2)).astype(np.float32)
    values[::7, 1] = np.nan
    true = np.array([[1, 2, 0, 0], [0, 0, 3, -1]], np.float32)
    mean = np.nan_to_num(values) @ true + 0.1 * source.standard_normal((500, 4))
    found = regress(mean, values, ("a", "b"), np.ones(4, np.float32))
    for row, name in zip(true, ("a", "b"), strict=True):
        assert found[name][0] == pytest.approx(row / np.linalg.norm(row), abs=0.05)
