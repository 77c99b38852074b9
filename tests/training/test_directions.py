"""Directions are found where the truth is known, and the gate refuses what does not hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from torch import Tensor

from pipelines.latents import normal
from pipelines.training import direction_gate as gate
from pipelines.training import directions
from pipelines.training.subject import Subject, gradients

WIDTH, LAYERS, SIDE = 6, 2, 64
RED, PALE, PAPER = (0.69, 0.32, 0.31), (0.53, 0.46, 0.45), (0.99, 0.97, 0.87)
"""The two fruit colours are equally light (L* 46 and 50)."""
TRUTH = (("position", 0, 0, 1), ("size", 0, 1, 1), ("saturation", 1, 0, -1))
"""Attribute, layer, coordinate and sign."""


def turn() -> NDArray[np.float32]:
    """An orthogonal matrix, so that no truth lies along an axis."""
    return np.linalg.qr(normal(5, (WIDTH, WIDTH)))[0].astype(np.float32)


def locate(seeds: Sequence[int]) -> NDArray[np.float32]:
    """w of the toy: a turned normal, the same for both layers."""
    one = np.stack([normal(seed, (WIDTH,)) for seed in seeds]) @ turn()
    return np.repeat(one[:, None], LAYERS, axis=1)


def paint(w: Tensor) -> Tensor:
    """A disc: layer 0 sets its height (0) and size (1); layer 1 how faint its colour is (0).

    Layer 1 also sets how dark (2) and how green (3) the lower half is, so that contrast and the
    spread of hues vary by themselves.
    """
    back = torch.from_numpy(turn().T.copy())
    form, colour = w[:, 0] @ back, w[:, 1] @ back
    rows = torch.linspace(-1, 1, SIDE).reshape(1, SIDE, 1)
    columns = torch.linspace(-1, 1, SIDE).reshape(1, 1, SIDE)
    height = 0.12 * form[:, 0].reshape(-1, 1, 1)
    radius = 0.35 * torch.exp(0.15 * form[:, 1].reshape(-1, 1, 1))
    distance = (columns**2 + (rows - height) ** 2 + 1e-6).sqrt()
    disc = torch.sigmoid(40 * (radius - distance))[..., None]
    faint = torch.sigmoid(colour[:, 0]).reshape(-1, 1, 1, 1)
    fruit = torch.tensor(RED) + faint * (torch.tensor(PALE) - torch.tensor(RED))
    lower = torch.sigmoid(20 * (rows - height))[..., None]
    shade = 1 - 0.5 * lower * torch.sigmoid(colour[:, 2]).reshape(-1, 1, 1, 1)
    green = lower * torch.sigmoid(colour[:, 3]).reshape(-1, 1, 1, 1)
    fruit = fruit * shade + green * torch.tensor((-0.3, 0.2, 0.0))
    return torch.tensor(PAPER) * (1 - disc) + fruit.clamp(0, 1) * disc


TOY = Subject(locate, paint)
FIT, HELD_OUT = range(100, 148), range(1000, 1040)


@pytest.fixture(scope="module")
def fitted() -> dict[str, NDArray[np.float32]]:
    """Directions of the toy."""
    return directions.fit(
        TOY, ("size", "position", "saturation"), seeds=FIT, refining=0, say=lambda _: None
    )


@pytest.fixture(scope="module")
def probes(fitted: dict[str, NDArray[np.float32]]) -> list[gate.Probe]:
    """What they do on other seeds."""
    return gate.probe(TOY, fitted, HELD_OUT)


def test_known_directions_are_found(fitted: dict[str, NDArray[np.float32]]) -> None:
    """Size and position lie in layer 0 along their own axes, saturation in layer 1."""
    for name, layer, axis, sign in (
        ("position", 0, 0, 1),
        ("size", 0, 1, 1),
        ("saturation", 1, 0, -1),
    ):
        unit = fitted[name] / np.linalg.norm(fitted[name])
        along = unit @ turn().T  # [layer, axis]
        assert sign * along[layer, axis] == np.abs(along).max() > 0.7, name


def test_they_hold_on_other_seeds(probes: list[gate.Probe]) -> None:
    """Each passes the three rules."""
    for one in probes:
        assert one.own >= gate.MIN_EFFECT, one
        assert one.monotone >= gate.MIN_MONOTONE, one
        assert gate.holds(one), (one.name, one.effect)


def test_one_step_is_one_deviation(fitted: dict[str, NDArray[np.float32]]) -> None:
    """The length of a step is the deviation of w along it, whatever it achieves."""
    w = locate(range(5000, 9000))
    for step in fitted.values():
        length = float(np.linalg.norm(step))
        along = np.einsum("nld,ld->n", w, step / length)
        assert along.std() == pytest.approx(length, rel=0.05)


def test_refining_mends_a_poor_direction_and_repeats(
    fitted: dict[str, NDArray[np.float32]],
) -> None:
    """Whole steps turn a direction that also moves the disc back to its size, twice alike."""
    own = TOY.names.index("size")
    ground = directions.Ground.of(TOY, FIT)
    poor = (fitted["size"] + fitted["position"]).reshape(-1)
    first, second = (directions.refine(TOY, own, poor, ground, steps=8) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    vectors = {"poor": poor, "size": first}
    steps = {n: v.reshape(LAYERS, WIDTH) for n, v in vectors.items()}
    steps = {n: directions.step_of(v, ground.centred) for n, v in steps.items()}
    before, after = (probe.effect for probe in gate.probe(TOY, steps, HELD_OUT))
    assert abs(after["position"] / after["size"]) < 0.95 * abs(before["position"] / before["size"])


def test_gradients_agree_with_differences() -> None:
    """A small step changes every smooth attribute as its gradient says."""
    w = locate(range(4)).astype(np.float32)
    values, slopes = gradients(TOY, w)
    step = np.float32(1e-3) * normal(3, w.shape[1:])
    moved, _ = gradients(TOY, w + step)
    back, _ = gradients(TOY, w - step)
    predicted = slopes @ step.reshape(-1)
    for i, name in enumerate(TOY.names):
        if name in {"size", "position", "lightness", "saturation"}:
            assert np.allclose((moved - back)[i] / 2, predicted[i], rtol=0.1, atol=3e-4), name
    assert np.isfinite(values).all()


def test_principal_directions_order_the_deviations() -> None:
    """Components are orthogonal, from the widest on, as long as the deviation along them."""
    stretched = replace(
        TOY, locate=lambda seeds: locate(seeds) * np.arange(1, WIDTH + 1, dtype="f4")
    )
    found = directions.principal(stretched, 3)
    assert list(found) == ["pca_1", "pca_2", "pca_3"]
    rows = np.stack([step[0] for step in found.values()])
    lengths = np.linalg.norm(rows, axis=1)
    assert (np.diff(lengths) < 0).all()
    cosines = (rows / lengths[:, None]) @ (rows / lengths[:, None]).T
    assert np.allclose(cosines, np.eye(3), atol=1e-4)


def test_gate_refuses_a_zeroed_direction(fitted: dict[str, NDArray[np.float32]]) -> None:
    """A vector that moves nothing, the wrong way or another attribute does not hold."""
    wrong = {"size": np.zeros_like(fitted["size"])}
    assert not gate.holds(gate.probe(TOY, wrong, HELD_OUT)[0])
    wrong = {"size": -fitted["size"]}
    assert not gate.holds(gate.probe(TOY, wrong, HELD_OUT)[0])
    wrong = {"size": fitted["size"] + fitted["position"] * 3}
    assert not gate.holds(gate.probe(TOY, wrong, HELD_OUT)[0])


@pytest.mark.parametrize(
    ("own", "other", "monotone", "held"),
    [
        (0.5, -0.49, 0.9, True),
        (0.49, 0.1, 1.0, False),
        (0.6, -0.6, 1.0, False),
        (0.6, 0.1, 0.89, False),
        (0.6, 0.1, float("nan"), False),
        (float("nan"), 0.1, 1.0, False),
    ],
)
def test_each_rule_of_the_gate_refuses_alone(
    own: float, other: float, monotone: float, held: bool
) -> None:
    """Strong, stronger than on any other attribute, and monotone: all three."""
    effect = {"size": own, "warmth": other}
    assert gate.holds(gate.Probe("size", np.zeros(1, np.float32), effect, monotone)) is held


def test_written_files_read_back(probes: list[gate.Probe], tmp_path: Path) -> None:
    """Ids are digests of the vectors; a failing direction is listed but has no vector."""
    (tmp_path / "weights.safetensors").write_bytes(b"weights")
    dead = replace(probes[0], name="warmth", step=np.zeros_like(probes[0].step))
    components = gate.probe(TOY, directions.principal(TOY, 2), HELD_OUT, offsets=(0, 1))
    shipped = gate.write(tmp_path, [dead, *probes], components, seeds=HELD_OUT)
    assert [one.name for one in shipped] == ["size", "position", "saturation"]
    document = json.loads((tmp_path / "directions.json").read_text(encoding="utf-8"))
    vectors = load_file(tmp_path / "directions.safetensors")
    names = [entry["name"] for entry in document["directions"]]
    assert names == ["size", "position", "saturation", "pca_1", "pca_2"]
    assert set(vectors) == set(names)
    assert [entry["name"] for entry in document["not_shipped"]] == ["warmth"]
    assert document["generator_sha256"] == hashlib.sha256(b"weights").hexdigest()
    for entry in document["directions"]:
        vector = vectors[entry["name"]]
        assert vector.shape == (LAYERS, WIDTH)
        assert entry["id"] == hashlib.sha256(vector.astype("<f4").tobytes()).hexdigest()
    text = gate.section(probes, components, len(HELD_OUT))
    assert all(f"| {name} |" in text for name in ("size", "position", "pca_2"))
