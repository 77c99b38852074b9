"""Attributes of drawn pictures whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from skimage.color import rgb2lab

from pipelines import attributes
from pipelines.attributes import measure

CREAM = (254, 247, 221)
RED, BLUE, GREEN, PALE = (190, 30, 30), (40, 50, 160), (70, 140, 50), (215, 170, 165)
Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]


def sheet(
    *boxes: Box, colour: tuple[int, int, int] = RED, paper: tuple[int, int, int] = CREAM
) -> Pixels:
    """Ellipses in the given boxes on a sheet of 128 px; drawn large, then averaged down."""
    large = Image.new("RGB", (512, 512), paper)
    pen = ImageDraw.Draw(large)
    for box in boxes:
        pen.ellipse([4 * edge for edge in box], fill=colour)
    return np.asarray(large.resize((128, 128), Image.Resampling.BOX))


DISC: Box = (40, 40, 88, 88)


def one(picture: Pixels) -> dict[str, float]:
    """Attributes of one picture."""
    return {name: float(value[0]) for name, value in measure("picture", picture[None]).items()}


def test_lab_agrees_with_scikit_image() -> None:
    """The formulas are those of the standard."""
    rgb = np.random.default_rng(0).uniform(size=(2, 8, 8, 3)).astype(np.float32)
    found = np.stack(attributes.lab(rgb), axis=-1)
    assert np.allclose(found, rgb2lab(rgb.astype(np.float64)), atol=0.02)


def test_every_attribute_is_finite_and_named() -> None:
    """White, black and noisy sheets and an empty batch all have every attribute."""
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    white, black = np.full_like(noise, 255), np.zeros_like(noise)
    found = measure("picture", np.stack([noise, white, black]))
    assert list(found) == list(attributes.ATTRIBUTES["picture"])
    for values in found.values():
        assert values.shape == (3,)
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
    assert found.pop("symmetry")[1] == pytest.approx(1.0)
    for values in found.values():
        assert values[1] == pytest.approx(0.0, abs=0.01)
    assert all(
        len(v) == 0 for v in measure("picture", np.zeros((0, 128, 128, 3), np.uint8)).values()
    )


def test_refuses_what_it_cannot_measure() -> None:
    """An unknown medium, a float array and a flat array are named."""
    with pytest.raises(ValueError, match="sculpture"):
        measure("sculpture", sheet(DISC)[None])
    with pytest.raises(ValueError, match="uint8"):
        measure("picture", np.zeros((1, 128, 128, 3), np.float32))
    with pytest.raises(ValueError, match="uint8"):
        measure("picture", sheet(DISC))


def test_warmth_orders_red_yellow_green_blue() -> None:
    """Warmth falls from red to green and from green to blue."""
    colours = (RED, (220, 190, 40), GREEN, BLUE)
    found = [one(sheet(DISC, colour=colour))["warmth"] for colour in colours]
    assert found == sorted(found, reverse=True)


def test_colour_leaves_form_alone() -> None:
    """A blue disc has the form of a red one."""
    red, blue = one(sheet(DISC)), one(sheet(DISC, colour=BLUE))
    for name in ("size", "roundness", "position", "symmetry"):
        assert red[name] == pytest.approx(blue[name], abs=0.01)


def test_lightness_and_saturation() -> None:
    """Pale paint is lighter and fainter."""
    strong, pale = one(sheet(DISC)), one(sheet(DISC, colour=PALE))
    assert pale["lightness"] > strong["lightness"] + 10
    assert pale["saturation"] < strong["saturation"] - 10


def test_size_is_the_painted_share() -> None:
    """Known areas come out, but for half a pixel of soft rim."""
    for side in (24, 48, 96):
        edge = 64 - side / 2
        found = one(sheet((edge, edge, edge + side, edge + side)))
        assert found["size"] == pytest.approx(np.pi * (side / 2) ** 2 / 128**2, abs=0.015)


def test_roundness_of_disc_bar_and_pair() -> None:
    """1 for a disc, less for a long ellipse and for two discs; size changes it little."""
    disc, large = one(sheet(DISC)), one(sheet((24, 24, 104, 104)))
    bar, pair = one(sheet((20, 56, 108, 72))), one(sheet((20, 50, 48, 78), (80, 50, 108, 78)))
    assert disc["roundness"] == pytest.approx(1.0, abs=0.03)
    assert large["roundness"] == pytest.approx(disc["roundness"], abs=0.03)
    assert bar["roundness"] < 0.5
    assert pair["roundness"] < 0.5


def test_position_moves_alone() -> None:
    """Down raises position; a shift across changes nothing."""
    middle, lower = one(sheet(DISC)), one(sheet((40, 60, 88, 108)))
    across = one(sheet((60, 40, 108, 88)))
    assert lower["position"] - middle["position"] == pytest.approx(20 / 64, abs=0.02)
    for name, value in middle.items():
        assert across[name] == pytest.approx(value, abs=0.02 * max(1.0, abs(value)))
        if name != "position":
            assert lower[name] == pytest.approx(value, abs=0.02 * max(1.0, abs(value)))


def test_detail_and_contrast_see_grain() -> None:
    """Grain raises detail, a second colour hue spread, a dark half contrast."""
    plain = sheet(DISC)
    grain = plain.copy()
    inside = (plain.astype(int).sum(axis=2) < 400)[..., None]
    noise = np.random.default_rng(0).integers(-50, 51, (64, 64, 1)).repeat(2, 0).repeat(2, 1)
    grain = np.where(inside, np.clip(plain.astype(int) + noise, 0, 255), plain).astype(np.uint8)
    assert one(grain)["detail"] > one(plain)["detail"] + 0.1
    halves = plain.copy()
    halves[64:] = sheet(DISC, colour=GREEN)[64:]
    assert one(halves)["hue_spread"] > one(plain)["hue_spread"] + 0.1
    halves[64:] = sheet(DISC, colour=(60, 10, 10))[64:]
    assert one(halves)["contrast"] > one(plain)["contrast"] + 3


def test_symmetry_is_about_the_own_axis() -> None:
    """A disc anywhere is symmetric; a disc with a far companion is not."""
    assert one(sheet(DISC))["symmetry"] > 0.95
    assert one(sheet((70, 40, 118, 88)))["symmetry"] > 0.95
    assert one(sheet(DISC, (100, 70, 116, 86)))["symmetry"] < 0.85


def test_paper_may_have_any_tone() -> None:
    """White, cream or buff paper changes form little, and a fruit over the border is no paper."""
    cream = one(sheet(DISC))
    for paper in ((255, 255, 255), (236, 214, 180)):
        found = one(sheet(DISC, paper=paper))
        for name in ("size", "roundness", "position"):
            assert found[name] == pytest.approx(cream[name], abs=0.02)
    cut = one(sheet((-20, 60, 148, 228)))
    assert cut["size"] == pytest.approx(0.42, abs=0.05)


def test_tensors_give_the_same_numbers_and_gradients() -> None:
    """What directions differentiate is what is measured."""
    pictures = np.stack([sheet(DISC), sheet((20, 30, 60, 110), (70, 70, 110, 110), colour=GREEN)])
    paper = attributes.paper_of(
        *attributes.lab(attributes.shrink(pictures.astype(np.float32) / 255))
    )
    tensor = torch.from_numpy(pictures.astype(np.float32) / 255).requires_grad_()
    seen = attributes.survey(tensor, torch, torch.from_numpy(paper))
    plain = measure("picture", pictures)
    for name, attribute in attributes.ATTRIBUTES["picture"].items():
        values = attribute.measure(seen)
        assert np.allclose(values.detach().numpy(), plain[name], atol=1e-3, rtol=1e-3), name
        (gradient,) = torch.autograd.grad(values.sum(), tensor, retain_graph=True)
        assert torch.isfinite(gradient).all()
        assert gradient.abs().max() > 0
