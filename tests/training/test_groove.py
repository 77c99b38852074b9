"""Grooves: how they are written, varied, split and learnt."""

import json

import numpy as np
import pytest
import torch

from pipelines import catalog
from pipelines.catalog import BUNDLED
from pipelines.music.drum_attributes import ATTRIBUTES, measure
from pipelines.music.drum_grid import STEPS
from pipelines.networks.groove import Decoder, Encoder, GrooveSizes
from pipelines.training import groove_data, groove_directions
from pipelines.training.groove import GrooveRecipe, GrooveTraining
from pipelines.training.groove_proof import Patterns, drawn, expected, reconstruction
from pipelines.training.groove_varying import variations, varied

GROOVES = BUNDLED.parent / "grooves"
SMALL = {"batch_size": 32, "each": 20, "z_dim": 12, "beat": 32, "reading": 16, "dreamt": 16}


def pattern(*lines):
    """Lines of a groove as levels, as a text is read."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        text = "= One\n" + "\n".join(lines) + "\n"
        (Path(folder) / "try.txt").write_text(text, encoding="utf-8")
        return groove_data.read(Path(folder))[0].levels


@pytest.fixture(scope="module")
def grooves():
    return groove_data.read(GROOVES)


def test_grooves_are_many_in_many_styles_and_distinct(grooves):
    styles = groove_data.styles_of(grooves)
    assert 100 <= len(grooves) <= 200
    assert len(styles) >= 16
    assert all(sum(one.style == style for one in grooves) >= 8 for style in styles)
    assert len({one.levels.tobytes() for one in grooves}) == len(grooves)
    assert all((one.levels > 0).any() for one in grooves)
    for path in GROOVES.glob("*.txt"):
        assert "CC0 1.0" in path.read_text(encoding="utf-8").splitlines()[0]


def test_what_is_nearly_alike_is_in_one_split(grooves):
    struck = np.stack([one.levels > 0 for one in grooves])
    for i, one in enumerate(grooves):
        apart = (struck[i] != struck).sum(axis=(1, 2))
        near = {grooves[j].split for j in np.flatnonzero(apart <= 4)}
        assert near == {one.split}, one.title
    counts = [
        sum(one.split == split for one in grooves) for split in ("train", "validation", "test")
    ]
    assert counts[0] > 100
    assert min(counts) >= 15


@pytest.mark.parametrize(
    "line", ["kick X...", "drum X...............", "kick X..............y", "kick"]
)
def test_a_line_that_is_no_drum_is_refused_with_its_place(tmp_path, line):
    (tmp_path / "odd.txt").write_text(f"# odd\n= One\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd\.txt line 3"):
        groove_data.read(tmp_path)


def test_a_folder_without_grooves_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has no grooves"):
        groove_data.read(tmp_path)


def test_variations_differ_and_stay_near_their_groove(grooves):
    some = [one for one in grooves if one.split == "train"][::5]
    levels, numbers = variations(some, 40, seed=2)
    again, _ = variations(some, 40, seed=2)
    assert (levels == again).all()
    assert levels.min() == 0
    assert levels.max() == 3
    source = np.stack([one.levels for one in some])[numbers]
    same = (levels == source).all(axis=(1, 2)).mean()
    assert 0.2 < same < 0.5
    assert len({row.tobytes() for row in levels}) > 0.5 * len(levels)
    shared = ((levels > 0) & (source > 0)).sum(axis=(1, 2)) / (source > 0).sum(axis=(1, 2))
    assert np.median(shared) > 0.8
    untouched = source.copy()
    varied(some[0].levels, np.random.Generator(np.random.Philox(0)))
    assert (source == untouched).all()


def test_expected_attributes_of_what_is_sure_are_those_measured(grooves):
    levels = np.stack([one.levels for one in grooves])
    sure = torch.nn.functional.one_hot(torch.from_numpy(levels), 4).float()
    found = expected(sure).numpy()
    known = measure(levels)
    for i, name in enumerate(ATTRIBUTES):
        assert np.allclose(found[:, i], known[name], atol=1e-4), name


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    torch.manual_seed(0)
    run = GrooveTraining(GROOVES, GrooveRecipe(**SMALL))
    figures = [run.step(i / 200) for i in range(200)]
    out = tmp_path_factory.mktemp("grooves") / "pocket"
    run.export(out)
    (out / "card.md").write_text(
        "---\ntitle: {en: Pocket, zh: 口袋}\nmedium: drums\nversion: 1\nlicense: Apache-2.0\n"
        "credit: none\n---\n# Pocket\n",
        encoding="utf-8",
    )
    return run, figures, out


def test_training_learns_and_goes_on_where_it_was(trained):
    run, figures, _ = trained
    first, last = (
        np.mean([one["nats"] for one in part]) for part in (figures[:10], figures[-10:])
    )
    assert last < 0.3 * first
    torch.manual_seed(0)
    fresh = GrooveTraining(GROOVES, GrooveRecipe(**SMALL))
    fresh.restore(run.state())
    assert fresh.taken == run.taken
    one, two = (reconstruction(x.average_encoder, x.average, x.held) for x in (run, fresh))
    assert one == two
    assert one["cells"] > 0.85
    sheet = run.sheet()
    assert sheet.size[0] > 1000


def test_a_trained_model_plays_and_its_directions_are_measured(trained):
    *_, out = trained
    found = groove_directions.find(out, count=40, draws=400)
    assert [one.name for one in found] == list(ATTRIBUTES)
    told = json.loads((out / "directions.json").read_text())
    shown = [one["name"] for one in told["directions"]]
    left = [one["name"] for one in told["not_shipped"]]
    assert sorted(shown + left) == sorted(ATTRIBUTES)
    model = catalog.load(out)
    assert [c.name for c in model.controls if c.direction] == shown
    assert model.render(model.request(seed=3, style="funk")).data.tracks[0].is_drum


def test_directions_of_another_family_are_refused(melody_root):
    with pytest.raises(ValueError, match="no groove autoencoder"):
        groove_directions.find(melody_root / "tiny-melody")


def test_gradients_reach_every_weight_and_styles_are_heard():
    sizes = GrooveSizes(num_styles=3, z_dim=8, beat=16, reading=8)
    encoder, decoder = Encoder(sizes), Decoder(sizes)
    levels = torch.randint(0, 4, (5, STEPS, 11))
    styles = torch.arange(5) % 4
    mean, log_variance = encoder(levels, styles)
    loss = decoder(mean + log_variance, styles).square().mean() + log_variance.mean()
    loss.backward()
    for network in (encoder, decoder):
        for name, weight in network.named_parameters():
            assert weight.grad is not None, name
            assert weight.grad.abs().sum() > 0, name
    decoder.eval()
    one, other = (decoder(mean, torch.full((5,), style)) for style in (0, 3))
    assert not torch.equal(one, other)
    seeds = [drawn(decoder, torch.zeros(3, dtype=torch.long), seed) for seed in (1, 1, 2)]
    assert (seeds[0] == seeds[1]).all()


def test_on_the_meta_device_every_shape_fits():
    sizes = GrooveSizes(num_styles=3, z_dim=8, beat=16, reading=8)
    with torch.device("meta"):
        encoder, decoder = Encoder(sizes), Decoder(sizes)
        mean, _ = encoder(torch.zeros(2, STEPS, 11, dtype=torch.long), torch.zeros(2).long())
        assert decoder(mean, torch.zeros(2).long()).shape == (2, STEPS, 11, 4)


def test_patterns_know_their_styles(grooves):
    styles = groove_data.styles_of(grooves)
    real = Patterns.of(grooves[:3], styles)
    assert [styles[i] for i in real.styles.tolist()] == [one.style for one in grooves[:3]]
