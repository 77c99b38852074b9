"""Sketches drawn from paintings: what a line and a hint mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.training.sketches import (
    SketchStyle,
    draw_hints,
    draw_lines,
    draw_pairs,
    show,
    turn_colours,
)

PAPER, RED = (245, 238, 220), (170, 40, 30)
STEADY = SketchStyle(bend=(0.0, 0.0), gaps=(0.0, 0.0), width=(1.5, 1.5))
OUTLINE = replace(STEADY, outline_share=1.0, edge_share=0.0)
EDGES = replace(STEADY, outline_share=0.0, edge_share=1.0)


def disc(side: int = 128, radius: float = 0.25) -> np.ndarray:
    """A red disc with a dark streak inside, on paper, a little to the left: [R, R, 3]."""
    rows, columns = np.indices((side, side)) / side
    painting = np.full((side, side, 3), PAPER, dtype=np.uint8)
    painting[np.hypot(rows - 0.5, columns - 0.4) < radius] = RED
    painting[(abs(rows - 0.5) < 0.12) & (abs(columns - 0.4) < 0.03)] = (60, 10, 10)
    return painting


def source(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


@pytest.mark.parametrize("side", [64, 128])
@pytest.mark.parametrize("style", [OUTLINE, EDGES, STEADY], ids=["outline", "edges", "both"])
def test_lines_follow_the_shape(side, style):
    line = draw_lines(disc(side), source(), style)
    assert line.shape == (side, side)
    assert line.dtype == np.float32
    assert 0 <= line.min() <= line.max() <= 1
    rows, columns = np.nonzero(line > 0.5)
    reach = np.hypot(rows / side - 0.5, columns / side - 0.4)
    assert (abs(reach - 0.25) < 0.04).sum() > 1.2 * side  # most of the way round
    assert reach.max() < 0.32  # and nothing on bare paper


def test_only_edges_are_drawn_inside_the_shape():
    inside = np.hypot(*(np.indices((128, 128)) - np.array([64, 51])[:, None, None])) < 22
    assert draw_lines(disc(), source(), OUTLINE)[inside].max() == 0
    assert draw_lines(disc(), source(), EDGES)[inside].max() > 0.5


def test_bare_paper_has_no_lines():
    blank = np.full((64, 64, 3), PAPER, dtype=np.uint8)
    for seed in range(6):
        assert draw_lines(blank, source(seed), SketchStyle()).max() == 0


def test_short_strokes_are_dropped():
    painting = disc()
    painting[8:12, 100:104] = 0
    kept, dropped = (
        draw_lines(painting, source(), replace(EDGES, shortest=(n, n)))[:20, 90:].max()
        for n in (2.0, 40.0)
    )
    assert kept > 0.5
    assert dropped == 0


def test_gaps_and_width_change_the_ink():
    whole = draw_lines(disc(), source(), OUTLINE).sum()
    broken = draw_lines(disc(), source(), replace(OUTLINE, gaps=(0.5, 0.5))).sum()
    thick = draw_lines(disc(), source(), replace(OUTLINE, width=(4.0, 4.0))).sum()
    assert broken < 0.8 * whole < whole < 0.7 * thick


def test_a_hint_is_a_flat_colour_of_the_painting():
    always = replace(
        STEADY, hint_share=1.0, hint_count=(1, 1), hint_length=(0.0, 4.0), hint_reach=(1.0, 1.0)
    )
    for seed in range(8):
        hints = draw_hints(disc(), source(seed), always)
        colour, mask = hints[:3], hints[3]
        assert set(np.unique(mask)) == {0, 1}
        assert np.abs(colour[:, mask == 0]).max() == 0
        flat = colour[:, mask == 1]
        assert np.ptp(flat, axis=1).max() == 0
        thing = disc()[..., 1] < 128
        kinds = [(mask == 1) & (thing == here) for here in (False, True)]
        under = [disc()[kind].mean(axis=0) for kind in kinds if kind.any()]
        apart = [np.abs(flat[:, 0] - (one / 127.5 - 1)).max() for one in under]
        assert np.nanmin(apart) < 1e-3


def test_a_hint_with_reach_has_the_colour_of_the_part_around_it():
    painting = np.full((128, 128, 3), PAPER, dtype=np.uint8)
    thing = np.hypot(*(np.indices((128, 128)) - 64)) < 40
    painting[thing] = RED
    painting[thing & (np.indices((128, 128))[0] // 4 % 2 == 0)] = (60, 10, 10)  # striped
    stroke = {"hint_share": 1.0, "hint_count": (1, 1), "hint_length": (0.0, 0.0)}
    narrow = replace(STEADY, **stroke, hint_radius=(0.5, 0.5), hint_reach=(1.0, 1.0))
    wide = replace(narrow, hint_reach=(12.0, 12.0))
    reds = {}
    for name, style in (("narrow", narrow), ("wide", wide)):
        drawn = [draw_hints(painting, source(seed), style) for seed in range(40)]
        colours = np.array([h[:3, h[3] == 1][:, 0] for h in drawn if h[3].any()])
        reds[name] = colours[colours[:, 1] < 0][:, 0]  # hints that lie on the thing
    assert reds["wide"].std() < 0.5 * reds["narrow"].std()


def test_some_draws_have_hints_and_some_have_none():
    pixels = np.stack([disc(64)] * 60)
    sketches, paintings = draw_pairs(pixels, source())
    hinted = sketches[:, 4].amax(dim=(1, 2)) > 0
    assert 15 < hinted.sum() < 45
    red = (paintings[:, 0] - paintings[:, 1]).amax(dim=(1, 2)) > 0.9
    assert red[~hinted].all()  # colours are turned only where a hint says so
    assert not red[hinted].all()
    never = replace(SketchStyle(), hint_share=0.0)
    assert draw_pairs(pixels[:9], source(), never)[0][:, 1:].abs().max() == 0


def test_turned_colours_keep_paper_and_lightness():
    painting = disc(64)
    turned = turn_colours(painting, 2 * np.pi / 3)
    assert np.abs(turned[0, 0].astype(int) - PAPER).max() <= 1
    pixel, was = turned[32, 20].astype(int), np.array(RED)
    assert abs(pixel.mean() - was.mean()) < 2
    assert pixel[1] > pixel[0] + 80  # red has become green
    assert np.array_equal(turn_colours(painting, 0.0), painting)


def test_pairs_are_fixed_by_the_seed():
    pixels = np.stack([disc(64), disc(64, 0.15)] * 3)
    first, second, other = (draw_pairs(pixels, source(seed)) for seed in (4, 4, 5))
    assert first[0].shape == (6, 5, 64, 64)
    assert first[0].dtype == first[1].dtype == torch.float32
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert not torch.equal(first[0], other[0])


def test_a_mirrored_painting_has_a_mirrored_sketch():
    pixels = np.stack([disc()] * 12)
    sketches, paintings = draw_pairs(pixels, source(), replace(OUTLINE, hint_share=0.0))
    red = (paintings[:, 0] > 0) & (paintings[:, 1] < 0)
    columns = torch.arange(128).float()
    middles = [(plane.float().sum(1) * columns).sum(1) for plane in (red, sketches[:, 0])]
    weights = [plane.float().sum((1, 2)) for plane in (red, sketches[:, 0])]
    of_red, of_line = (m / w for m, w in zip(middles, weights, strict=True))
    assert of_red.min() < 60  # both ways round occur
    assert of_red.max() > 70
    assert (of_red - of_line).abs().max() < 6


def test_a_sketch_is_shown_as_ink_over_hint_over_white():
    sketch = torch.zeros(1, 5, 1, 3)
    sketch[0, 0, 0, 0] = 1
    sketch[0, 1:, 0, 1] = torch.tensor([0.5, -0.5, 0.0, 1.0])
    shown = show(sketch)[0, :, 0]
    assert shown[:, 0].tolist() == [-1, -1, -1]
    assert shown[:, 1].tolist() == [0.5, -0.5, 0.0]
    assert shown[:, 2].tolist() == [1, 1, 1]
