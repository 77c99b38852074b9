"""Training on tunes: how they are read, split and learnt."""

import json

import numpy as np
import pytest
import torch

from pipelines import catalog
from pipelines.music.attributes import ATTRIBUTES, measure
from pipelines.music.grid import FIRST, HOLD, METRES, NUM_TOKENS, REST, token_of
from pipelines.networks.melody import Decoder, MelodySizes, Shape
from pipelines.training import melody_directions
from pipelines.training.__main__ import main
from pipelines.training.direction_gate import trace
from pipelines.training.loop import CHECKPOINT, LOG
from pipelines.training.melody import MelodyRecipe, MelodyTraining
from pipelines.training.melody_corpus import Tune, _tune
from pipelines.training.melody_data import load_songs, melodies
from pipelines.training.melody_obedience import disobedience, expected
from pipelines.training.melody_proof import reconstruction
from pipelines.training.melody_scores import scores
from pipelines.training.splits import splits_of
from tests.tiny_music import write_tunes

SMALL = {"z_dim": 16, "quarter": 32, "width": 32, "memory": 24, "embedding": 12, "reading": 24}
RECIPE = MelodyRecipe(
    batch_size=24,
    dreamt=16,
    kl_target=20.0,
    learning_rate=0.02,
    embedding_rate=0.01,
    **SMALL,
)
ABC = """X: 1
T: UPBEAT
M: 6/8
L: 1/8
K: Em
B | E2F G2A | B3- B{c}de | (3efg e d2B | c2B A2 :|
e | e3 [ce]2z/2f/2 | g6 |
M: 4/4
| e8 |
"""


@pytest.fixture(scope="module")
def tunes(tmp_path_factory):
    return write_tunes(tmp_path_factory.mktemp("tunes"))


def test_a_tune_is_read_onto_the_grid():
    from music21 import converter

    tune = _tune(converter.parse(ABC, format="abc"))
    assert (tune.title, tune.metre, tune.tonic, tune.mode) == ("UPBEAT", "6/8", 4, "minor")
    h = -1
    upbeat, *bars = tune.bars
    assert upbeat is None
    assert bars[0] == (64, h, h, h, 66, h, 67, h, h, h, 69, h)
    assert bars[1] == (71, h, h, h, h, h, h, h, 74, h, 76, h), "tied over, no grace note"
    assert bars[2] == (76, 78, h, 79, 76, h, 74, h, h, h, 71, h), "a triplet, rounded"
    assert bars[3] == (72, h, h, h, 71, h, 69, h, h, h, 76, h), "an upbeat fills the last bar"
    assert bars[4] == (76, h, h, h, h, h, 76, h, h, h, -2, 78), "of a chord the top, and a rest"
    assert bars[5] == (79, *[h] * 11)
    assert len(bars) == 6, "another metre ends it"


def song(bars, **more):
    told = {"title": "x", "metre": "4/4", "tonic": 2, "mode": "major"} | more
    return Tune(bars=tuple(bars), **told)


def written(tmp_path, *tunes):
    from dataclasses import asdict

    text = json.dumps({"tunes": [asdict(one) for one in tunes]})
    (tmp_path / "tunes.json").write_text(text, encoding="utf-8")
    return load_songs(tmp_path)


def test_songs_are_in_c_and_two_short_bars_are_one(tmp_path):
    long = song([[62, *[-1] * 15], [-1, *[-1] * 3, 74, *[-1] * 11]] * 3)
    half = song([None, *([[69, *[-1] * 7], [-2, *[-1] * 7]] * 4)], metre="2/4", tonic=9)
    odd = song([[62] * 20] * 8, metre="5/4")
    one, two = written(tmp_path, long, half, odd)
    assert one.bars[0] == (token_of(60), *[HOLD] * 15)
    assert one.metre == two.metre == "4/4"
    assert two.bars == (None, *[(token_of(72), *[HOLD] * 7, REST, *[HOLD] * 7)] * 4)
    found = melodies([one])
    rows = found[Shape(0, 2)].tokens.tolist()
    assert [token_of(60), *[HOLD] * 19, token_of(72), *[HOLD] * 11] in rows
    begun = [token_of(60), *[HOLD] * 3, token_of(72), *[HOLD] * 11, token_of(60), *[HOLD] * 15]
    assert begun in rows, "what is held into a melody begins there"
    assert len(rows) == 2, "each melody once"


def test_tunes_that_share_phrases_are_on_one_side():
    works = [{f"{i}", f"{i + 1}"} for i in range(0, 400, 2)]
    doubles = [parts | {"more"} for parts in works]
    names = [str(i) for i in range(len(works))]
    splits = splits_of([*works, *doubles], [*names, *(f"again {name}" for name in names)])
    assert splits[: len(works)] == splits[len(works) :]
    share = splits.count("train") / len(splits)
    assert 0.82 < share < 0.97
    assert {"validation", "test"} <= set(splits)


def test_scores_are_normal_and_rise_with_the_attribute(tunes):
    found = melodies(load_songs(tunes))
    for shape, table in scores(found).items():
        told = measure(found[shape].tokens.numpy(), list(METRES)[shape.metre])
        for i, name in enumerate(ATTRIBUTES):
            order = np.argsort(told[name], kind="stable")
            assert (np.diff(table[order, i].numpy()) >= 0).all()
        pitch = table[:, ATTRIBUTES.index("pitch")]
        assert abs(float(pitch.mean())) < 0.05
        assert 0.8 < float(pitch.std()) < 1.1


def test_where_chances_are_sure_the_expected_attributes_are_those_heard():
    drawn = np.random.Generator(np.random.Philox(1))
    shape = Shape(0, 4)
    pitches = drawn.integers(10, 30, (40, shape.steps)) + FIRST
    tokens = np.where(drawn.random((40, shape.steps)) < 0.4, pitches, HOLD)
    tokens[:, 0] = 20
    chances = torch.nn.functional.one_hot(torch.from_numpy(tokens), NUM_TOKENS).double()
    soft, hard = expected(chances, shape).numpy(), measure(tokens, "4/4")
    for i, name in enumerate(ATTRIBUTES):
        close = {"syncopation": 0.8, "calm": 0.8}.get(name, 0.999)
        assert np.corrcoef(soft[:, i], hard[name])[0, 1] > close, name


def test_a_plan_can_be_taught_to_obey():
    torch.manual_seed(0)
    decoder, shape = Decoder(MelodySizes(**SMALL)), Shape(0, 2)
    adam = torch.optim.Adam(decoder.parameters(), 1e-2)
    for _ in range(40):
        loss = disobedience(decoder, shape, 48)
        adam.zero_grad()
        loss.backward()
        adam.step()
    z, nothing = torch.randn(200, SMALL["z_dim"]), torch.zeros(200, shape.steps, dtype=torch.long)
    with torch.no_grad():
        chances = decoder(z, nothing, shape, nothing[:, 0], 1.0).softmax(dim=2)
    seen = expected(chances, shape)
    for i, name in enumerate(ATTRIBUTES):
        assert np.corrcoef(seen[:, i], z[:, i])[0, 1] > 0.4, name


@pytest.fixture(scope="module")
def trained(tunes, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained") / "reel"
    torch.manual_seed(0)
    run = MelodyTraining(tunes, RECIPE)
    figures = [run.step(i / 110) for i in range(110)]
    run.export(out)
    return run, figures, out


def test_it_learns_and_what_comes_back_is_measured(trained):
    run, figures, _ = trained
    early, late = (np.mean([f["nats"] for f in part]) for part in (figures[:10], figures[-10:]))
    assert late < 0.7 * early
    proof = reconstruction(run.encoder, run.decoder, run.held)
    assert set(proof) == {"steps", "notes", "bars"}
    assert 0.5 < proof["steps"] <= 1
    assert all(0 <= value <= 1 for value in proof.values())


def test_what_was_trained_is_played(trained):
    *_, out = trained
    reel = catalog.load(out)
    assert reel.card.family == "melody"
    scores = [reel.render(reel.request(seed=seed)).data for seed in range(8)]
    assert max(len(score.tracks[0].notes) for score in scores) > 2


def test_a_stopped_run_goes_on_as_it_would_have(tunes):
    def steps(run, count):
        return [run.step(0.5)["nats"] for _ in range(count)]

    torch.manual_seed(1)
    whole = MelodyTraining(tunes, RECIPE)
    steps(whole, 3)
    state, chance = whole.state(), torch.get_rng_state()
    state = torch.load(_written(state), weights_only=True)
    rest = steps(whole, 3)
    other = MelodyTraining(tunes, RECIPE)
    other.restore(state)
    torch.set_rng_state(chance)
    assert steps(other, 3) == rest


def _written(state):
    import io

    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return buffer


def test_the_command_writes_a_model_a_sheet_and_a_log(tunes, tmp_path):
    out = tmp_path / "out"
    small = [f"--set={name}={value}" for name, value in SMALL.items()]
    asked = ["melody", f"--data={tunes}", f"--out={out}", "--max-steps=2", "--minutes=1", *small]
    assert main([*asked, "--set=batch_size=8"]) == 0
    names = {path.name for path in out.iterdir()}
    assert {"config.json", "weights.safetensors", "encoder.safetensors", LOG, CHECKPOINT} <= names
    from PIL import Image

    sheet = np.asarray(Image.open(out / "sheet-0000002.png"))
    assert (sheet < 100).any()
    assert sheet.shape[1] > 900


def test_directions_are_measured_and_only_what_holds_is_written(trained):
    *_, out = trained
    found = melody_directions.find(out, count=60, draws=400)
    assert [one.name for one in found] == list(ATTRIBUTES)
    told = json.loads((out / "directions.json").read_text())
    shown = [one["name"] for one in told["directions"]]
    left = [one["name"] for one in told["not_shipped"]]
    assert sorted(shown + left) == sorted(ATTRIBUTES)
    reel = catalog.load(out)
    assert [c.name for c in reel.controls if c.direction] == shown
    table = melody_directions.section(found, 60)
    assert all(f"| {name} |" in table for name in ATTRIBUTES)


def test_an_attribute_that_is_counted_may_rest_but_not_fall():
    z = np.zeros((4, 1, 1), np.float32) + np.arange(4, dtype=np.float32)[:, None, None] / 4
    step = {"count": np.ones((1, 1), np.float32)}

    def seen(w):
        return {"count": np.floor(w[:, 0, 0] / 1.5), "other": w[:, 0, 0] * 0 + 0.1}

    (strict,) = trace(seen, z, step)
    (rests,) = trace(seen, z, step, stays=True)
    assert (strict.monotone, rests.monotone) == (0.0, 1.0)
    (falls,) = trace(lambda w: {**seen(w), "count": -w[:, 0, 0]}, z, step, stays=True)
    assert falls.monotone == 0.0


def test_no_tunes_say_so(tmp_path):
    (tmp_path / "tunes.json").write_text('{"tunes": []}')
    with pytest.raises(ValueError, match="has no tune in 4/4, 3/4, 6/8"):
        load_songs(tmp_path)
    (tmp_path / "tunes.json").write_text("{")
    with pytest.raises(ValueError, match=r"has no tunes\.json that can be read"):
        load_songs(tmp_path)
