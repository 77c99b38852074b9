"""Training of a variational autoencoder on a dozen drawings: steps, exports, resumes, priors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines import catalog
from pipelines.networks.mixture import load_mixture
from pipelines.networks.vae import VAESizes
from pipelines.networks.vae_files import load_decoder, load_encoder
from pipelines.training import losses, mixture
from pipelines.training.__main__ import main, with_settings
from pipelines.training.data import Pictures, load_pictures
from pipelines.training.dimensions import effects, ordered
from pipelines.training.labels import explained, load_reader, read_labels, train_reader
from pipelines.training.vae import VAERecipe, VAETraining

DRAWINGS = Path(__file__).parents[1] / "data" / "characters"
TINY = ("batch_size=4", "channels=8,16", "judge_width=4", "z_dim=6", "hidden=16", "crop=16")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The drawings under names of the training split; the fixture itself is of the test split."""
    made = tmp_path_factory.mktemp("drawings")
    for i, file in enumerate(sorted(DRAWINGS.glob("*.png"))[:12]):
        with Image.open(file) as drawing:
            drawing.convert("RGB").resize((32, 32)).save(made / f"drawing-{i}.png")
    return made


@pytest.fixture(scope="module")
def pictures(folder) -> Pictures:
    return load_pictures(folder, 32)


def made(pictures: Pictures, *settings: str) -> VAETraining:
    torch.manual_seed(0)
    return VAETraining(pictures, with_settings(VAERecipe(), [*TINY, *settings]))


def run(folder: Path, out: Path, *more: str, settings: tuple[str, ...] = ()) -> int:
    chosen = [part for setting in (*TINY, *settings) for part in ("--set", setting)]
    command = ["vae", "--data", str(folder), "--out", str(out), "--size", "32"]
    return main([*command, "--minutes", "9", "--max-steps", "3", *more, *chosen])


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("phase", ["adversary_from=1", "adversary_from=0"])
def test_the_command_trains_resumes_and_its_model_plays(folder, tmp_path, precision, phase):
    settings = (phase, f"precision={precision}")
    assert run(folder, tmp_path, settings=settings) == 0
    assert run(folder, tmp_path, "--resume", settings=settings) == 0
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 6
    log = json.loads((tmp_path / "training_log.json").read_text())
    assert {"l1", "edges", "kl"} <= set(log[0])
    assert ({"duel", "judge"} <= set(log[0])) == phase.endswith("0")
    with Image.open(tmp_path / "sheet-0000006.png") as sheet:
        assert sheet.width == 12 * 32
    instrument = catalog.load(tmp_path)
    names = [control.name for control in instrument.controls]
    assert [name for name in names if name.startswith("dimension_")] == [
        f"dimension_{i}" for i in range(1, 7)
    ]
    assert instrument.render(instrument.request(seed=1)).data.size == (32, 32)


def test_a_side_that_cannot_be_halved_says_what_to_do(folder, tmp_path, capsys):
    assert run(folder, tmp_path, settings=("channels=8,8,8,8,8",)) == 2
    assert "give pictures of such a side, or fewer channels" in capsys.readouterr().err
    with pytest.raises(ValueError, match="num_groups"):
        VAESizes(channels=(12,), num_groups=8)


def test_steps_lower_the_distance_on_the_same_pictures(pictures):
    training = made(pictures, "adversary_from=1", "learning_rate=0.02")
    real = torch.from_numpy(pictures.pixels[:4]).permute(0, 3, 1, 2) / 127.5 - 1

    def apart() -> float:
        with torch.no_grad():
            return losses.strokes(training.decoder(training.encoder(real)[0]), real)[0].item()

    before = apart()
    for _ in range(60):
        training.step(0.1)
    assert apart() < 0.7 * before


def test_the_divergence_is_steered_to_its_target(pictures):
    for target, up in (("kl_target=1000", False), ("kl_target=0.001", True)):
        training = made(pictures, target)
        before = training.kl_weight
        training.step(0.0)
        assert (training.kl_weight > before) == up


def test_slopes_tell_a_sharp_line_from_a_blurred_one():
    sharp = torch.full((1, 3, 32, 32), 1.0)
    sharp[..., 16] = -1
    soft = losses.blur(sharp)
    grey = sharp.mean() + 0 * sharp
    colours, edges = zip(*(losses.strokes(x, sharp) for x in (soft, grey)), strict=True)
    assert edges[0] > 0.2 * edges[1]
    assert colours[0] > 0
    assert all(float(part) == 0 for part in losses.strokes(sharp, sharp))


def test_a_resumed_run_equals_an_unbroken_one(pictures, tmp_path):
    whole = made(pictures, "adversary_from=0")
    whole.step(0.5)
    torch.save(whole.state(), tmp_path / "state.pt")
    rng = torch.get_rng_state()
    whole.step(0.6)
    resumed = made(pictures, "adversary_from=0")
    resumed.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    torch.set_rng_state(rng)
    resumed.step(0.6)
    for name in ("encoder", "decoder", "average", "judge"):
        one, other = (getattr(run, name).state_dict() for run in (whole, resumed))
        for key, value in one.items():
            torch.testing.assert_close(value, other[key], msg=f"{name}.{key}")
    assert whole.kl_weight == resumed.kl_weight != made(pictures).kl_weight


def test_the_export_paints_as_the_average_does(pictures, tmp_path):
    training = made(pictures)
    training.step(0.5)
    training.export(tmp_path)
    z = torch.randn(3, 6, generator=torch.Generator().manual_seed(7))
    with torch.inference_mode():
        torch.testing.assert_close(
            load_decoder(tmp_path)(z), training.average(z), atol=5e-3, rtol=0
        )


def test_dimensions_are_ordered_by_how_much_they_change(tmp_path, pictures):
    training = made(pictures)
    with torch.no_grad():
        for layer in (training.average.hidden, *(b.film for b in training.average.blocks)):
            layer.weight.mul_(torch.tensor([0.0, 1.0, 3.0, 0.1, 2.0, 0.3]))
    chosen = ordered(effects(training.average), shown=5)
    assert [int(one.vector.argmax()) for one in chosen] == [2, 4, 1, 5, 3]
    assert effects(training.average)[0] == 0


# -- the mixture ----------------------------------------------------------------------------------


def clusters(count=600):
    source = np.random.default_rng(0)
    centres = np.array([[4.0, 0.0], [-4.0, 0.0], [0.0, 5.0]])
    kind = np.arange(count) % 3
    wide = np.array([[1.0, 0.1], [0.1, 1.0], [0.5, 0.5]])[kind]
    return centres[kind] + wide * source.standard_normal((count, 2)), centres


def test_the_mixture_finds_clusters_and_seeds_land_in_them():
    mean, centres = clusters()
    found = mixture.fit(mean, np.full_like(mean, 0.01), 3)
    apart = np.linalg.norm(found.mean[:, None] - centres, axis=2)
    assert apart.min(axis=0).max() < 0.4
    assert found.share == pytest.approx(np.full(3, 1 / 3), abs=0.05)
    source = np.random.default_rng(1)
    landed = np.stack(
        [
            found.land(1 - draw, noise.astype(np.float32))
            for draw, noise in zip(
                source.random(900), source.standard_normal((900, 2)), strict=True
            )
        ]
    )
    assert np.linalg.norm(landed[:, None] - centres, axis=2).min(axis=1).mean() < 1.3
    first = landed[np.linalg.norm(landed - centres[0], axis=1) < 4]
    assert first[:, 0].std() == pytest.approx(1.0, abs=0.3)  # as wide as its cluster each way
    assert first[:, 1].std() < 0.4
    assert landed.mean(axis=0) == pytest.approx(found.center, abs=0.3)
    assert landed.std(axis=0) == pytest.approx(found.spread, rel=0.1)


def test_more_components_than_pictures_are_refused():
    with pytest.raises(ValueError, match="give fewer components"):
        mixture.fit(np.zeros((3, 2)), np.ones((3, 2)), 4)


def test_a_model_with_a_mixture_has_other_weights_and_lands_there(pictures, tmp_path):
    training = made(pictures)
    training.export(tmp_path)
    plain = catalog.load(tmp_path)
    with torch.no_grad():
        training.average_encoder.gaussian.bias[0] = 7.0
    training.export(tmp_path)
    mixture.write(tmp_path, pictures, 2)
    mixed = catalog.load(tmp_path)
    assert mixed.pipeline.weights != plain.pipeline.weights
    assert load_mixture(tmp_path, load_decoder(tmp_path).sizes.z_dim).share.sum() == pytest.approx(
        1
    )
    places = np.stack([mixed.pipeline.locate(mixed.request(seed=i))[0] for i in range(40)])
    assert places[:, 0].mean() > 4
    assert mixed.latent_space.center[0, 0] > 4
    assert load_encoder(tmp_path).sizes.z_dim == 6


# -- labels ---------------------------------------------------------------------------------------


def test_labels_are_read_by_name_and_gaps_are_unknown(tmp_path):
    (tmp_path / "labels.csv").write_text("file,smile,beard\nb.png,2,\na.png,0,1\n")
    labels, values = read_labels(tmp_path, ("a.png", "b.png"))
    assert labels == ("smile", "beard")
    assert values[:, 0].tolist() == [0, 2]
    assert np.isnan(values[1, 1])
    with pytest.raises(ValueError, match=r"no row for c.png"):
        read_labels(tmp_path, ("c.png",))
    (tmp_path / "labels.csv").write_text("file,smile\na.png,wide\n")
    with pytest.raises(ValueError, match="no number"):
        read_labels(tmp_path, ("a.png",))
    with pytest.raises(ValueError, match=r"no labels\.csv"):
        read_labels(tmp_path / "nowhere", ("a.png",))


def test_a_reader_learns_lightness_and_is_what_was_saved(tmp_path):
    light = np.random.default_rng(0).integers(0, 256, 80)
    pixels = np.broadcast_to(light[:, None, None, None], (80, 32, 32, 3)).astype(np.uint8)
    pictures = Pictures(tuple(f"{i}.png" for i in range(80)), pixels, np.zeros(80, int), ("all",))
    rare = np.where(np.arange(80) % 3, np.nan, light)
    values = np.stack([light / 255, rare], axis=1).astype(np.float32)
    torch.manual_seed(0)
    sizes = VAESizes(2, 16, 4, (8, 8), 8)
    reader = train_reader(pictures, ("light", "rare"), values, steps=250, sizes=sizes)
    assert explained(reader.read(pixels), values)[0] > 0.8
    values[:, 1] = np.nan
    with pytest.raises(ValueError, match="rare is known of no training picture"):
        train_reader(pictures, ("light", "rare"), values, steps=1, sizes=sizes)
    reader.save(tmp_path)
    again = load_reader(tmp_path)
    assert again.labels == ("light", "rare")
    assert again.read(pixels[:3]) == pytest.approx(reader.read(pixels[:3]), abs=0.01)
    (tmp_path / "reader.safetensors").write_bytes(b"half")
    with pytest.raises(ValueError, match="can't be read"):
        load_reader(tmp_path)
