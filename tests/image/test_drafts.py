"""While a hand moves faster than pictures come a small decoder paints; else as ever."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipelines import pace
from pipelines.catalog import Catalog
from pipelines.engines import Engines
from pipelines.errors import DuetError
from pipelines.networks.style_gan2 import Generator
from pipelines.networks.tiny_decoder import TinyDecoder, TinySizes, folded_tiny, save_tiny
from pipelines.pace import LOOK, Frame, Pace
from pipelines.pipeline import Instrument
from tests.atlases import Write
from tests.tiny import tiny_diffusion_folder, tiny_folder, tiny_star

SIZES = TinySizes(4, (8, 6, 4), (1, 1, 1))
Play = Callable[[Path], Instrument]
FAMILIES = [tiny_folder, tiny_star, tiny_diffusion_folder]


@pytest.fixture(autouse=True)
def _slow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every frame is too slow, from the first on."""
    if "at_its_own_pace" not in request.node.name:
        monkeypatch.setattr(Pace, "begin", lambda _: Frame(draft=True))


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Loads a model; what was converted for one is not converted again for its equal."""
    graphs = tmp_path_factory.mktemp("graphs")

    def load(folder: Path) -> Instrument:
        return Catalog((folder.parent,)).load(folder.name, Engines(device="cpu", cache=graphs))

    return load


def with_tiny(folder: Path, seed: int = 0) -> None:
    torch.manual_seed(seed)
    shared = folder.parent / "tiny-kl"
    save_tiny(TinyDecoder(SIZES), shared)
    if (folder / "vae").is_dir():  # a diffusion model has an autoencoder of its own
        own = folded_tiny(shared)
        assert own is not None
        save_tiny(own, folder / "vae")


def pixels(player: Instrument, quality: str, seed: int = 3) -> np.ndarray:
    few = {"num_inference_steps": 3} if "velocity" in player.pipeline.networks() else {}
    made = player.render(player.request(seed=seed, **few), quality=quality)
    return np.asarray(made.data).astype(int)


@pytest.mark.parametrize("write", FAMILIES)
def test_only_drafts_are_painted_by_it(write: Write, play: Play, tmp_path: Path) -> None:
    folder = write(tmp_path)
    without = play(folder)
    without.engines.warm(without.pipeline)
    before = {quality: pixels(without, quality) for quality in ("reference", "fast", "draft")}
    assert np.array_equal(before["draft"], before["fast"])
    with_tiny(folder)
    player = play(folder)
    player.engines.warm(player.pipeline)
    assert player.request(seed=3) == without.request(seed=3)
    for quality in ("reference", "fast"):
        assert np.array_equal(pixels(player, quality), before[quality])
    draft, fast = pixels(player, "draft"), pixels(player, "fast")
    assert draft.shape == fast.shape
    assert np.abs(draft - fast).mean() > 5  # this one was never taught


@pytest.mark.parametrize("write", FAMILIES)
def test_a_draft_is_what_the_tiny_decoder_paints(write: Write, play: Play, tmp_path: Path) -> None:
    folder = write(tmp_path)
    with_tiny(folder)
    player = play(folder)
    by_torch = pixels(player, "draft")  # the fast engine is not there yet
    player.engines.warm(player.pipeline)
    assert player.render(player.request(seed=3), quality="draft").engine != "torch-cpu-f32"
    assert np.abs(pixels(player, "draft") - by_torch).mean() <= 1


@pytest.mark.parametrize("write", FAMILIES)
def test_another_one_is_not_mistaken_for_it(write: Write, play: Play, tmp_path: Path) -> None:
    folder = write(tmp_path)
    drafts = []
    for seed in (0, 1):
        with_tiny(folder, seed)
        player = play(folder)
        player.engines.warm(player.pipeline)
        drafts.append(pixels(player, "draft"))
    assert np.abs(drafts[0] - drafts[1]).mean() > 5


@pytest.mark.parametrize("write", FAMILIES)
def test_networks_of_other_names_are_refused(write: Write, play: Play, tmp_path: Path) -> None:
    folder = write(tmp_path)
    with_tiny(folder)
    pipeline = play(folder).pipeline
    (name,) = pipeline.drafts.values()
    (large,) = pipeline.drafts
    assert pipeline.network(name).outputs == pipeline.network(large).outputs
    with pytest.raises(DuetError):
        pipeline.network("drafter")


def test_a_taught_generator_is_drafted_too(play: Play, tmp_path: Path) -> None:
    folder = tiny_folder(tmp_path)
    with_tiny(folder)
    player = play(folder)
    before = pixels(player, "draft")
    torch.manual_seed(9)
    other = Generator(player.pipeline.generator.sizes).eval()
    now = replace(player.pipeline, generator=other)
    taught = replace(player, pipeline=now, engines=Engines(device="cpu"))
    assert np.abs(pixels(taught, "draft") - before).mean() > 0.3  # else 0


def test_a_model_with_a_damaged_one_says_so(play: Play, tmp_path: Path) -> None:
    folder = tiny_folder(tmp_path)
    with_tiny(folder)
    (tmp_path / "tiny-kl" / "tiny_decoder" / "weights.safetensors").write_bytes(b"")
    with pytest.raises(DuetError, match="tiny"):
        play(folder)


@pytest.mark.parametrize(("slow", "drafted"), [(0.0, True), (1e9, False)])
def test_a_model_at_its_own_pace(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: float, *, drafted: bool
) -> None:
    """Only where frames are slow are they painted by the tiny decoder."""
    monkeypatch.setattr(pace, "SLOW", slow)
    folder = tiny_folder(tmp_path)
    with_tiny(folder)
    player = play(folder)
    player.engines.warm(player.pipeline)
    fast = pixels(player, "fast")
    for _ in range(LOOK):
        assert np.array_equal(pixels(player, "draft"), fast)
    assert np.array_equal(pixels(player, "draft"), fast) is not drafted
    assert np.array_equal(pixels(player, "fast"), fast)
