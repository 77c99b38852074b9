"""Couplets are learnt: splits that share none, words looked up, a better network, sliders."""

import copy
import json
import math

import numpy as np
import pytest
import torch

from pipelines import catalog
from pipelines.networks.couplet import Decoder
from pipelines.networks.couplet_files import ENCODER, WEIGHTS, WORDS
from pipelines.training import couplet_directions
from pipelines.training.__main__ import main
from pipelines.training.couplet import CoupletRecipe, CoupletTraining, attributes_of, told_nats
from pipelines.training.couplet_data import couplets_of, told
from pipelines.training.couplet_sounds import lexicon, mood, sounded
from pipelines.training.neighbours import embeddings
from pipelines.training.normal_scores import normal_scores
from pipelines.training.stanza_data import Stanza, load_stanzas
from pipelines.training.two_rates import steered
from pipelines.verse.couplet_attributes import ATTRIBUTES
from pipelines.verse.couplet_words import END, PAD, TURN
from pipelines.verse.couplet_writing import Page, Writer
from pipelines.verse.endings import Rhymes
from tests.tiny_couplet import tiny_sizes
from tests.tiny_stanza import write_stanzas

SMALL = CoupletRecipe(
    batch_size=24,
    ema=0.9,
    num_others=8,
    num_words=200,
    z_dim=16,
    reach=3,
    embedding=16,
    width=32,
    num_blocks=1,
    reading=16,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_stanzas(tmp_path_factory.mktemp("couplets") / "poetry", 800)


@pytest.fixture(scope="module")
def run(data):
    torch.manual_seed(0)
    made = CoupletTraining(data, SMALL)
    before = float(told_nats(made.encoder, made.decoder, made.held)[0].mean())
    for step in range(140):
        made.step(step / 140)
    return made, before


def test_couplets_are_neighbours_of_one_stanza_and_rhyming_lines_two_apart():
    lines = ("The night", "I see", "The light", "Go on")
    stanza = Stanza(lines, "train")
    assert couplets_of([stanza]) == [lines[:2], lines[1:3], lines[2:]]
    assert couplets_of([stanza], Rhymes()) == [*couplets_of([stanza]), ("The night", "The light")]
    assert couplets_of([Stanza(("Go " * 40, "I see"), "train")]) == []


def test_no_couplet_is_in_two_splits(data):
    stanzas = load_stanzas(data)
    train, test = (
        set(couplets_of(one for one in stanzas if one.split == split))
        for split in ("train", "test")
    )
    assert train
    assert test
    assert not train & test


def test_where_each_token_stands_is_told():
    words = lexicon([("The river, the river", "And the river")] * 3, 50)
    rows = told([("The river,", "And zephyr the river")], words)
    length = int((rows.tokens != PAD).sum())
    tokens = rows.tokens[0, :length].tolist()
    assert tokens[3] == TURN
    assert tokens[-1] == END
    assert tokens[5] == 1  # a word that is not learnt
    assert rows.lines[0, :length].tolist() == [0] * 4 + [1] * 5
    assert rows.places[0, :length].tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 4]
    assert rows.syllables[0, :length].tolist() == [0, 1, 3, 3, 0, 1, 3, 4, 6]
    assert rows.first[0, :length].tolist() == [0] * 4 + [3] * 5
    assert rows.answers[0, 4] == words.numbers["river"]


def test_words_are_looked_up():
    assert sounded("beyond").stresses == "01"
    assert sounded("the").stresses == "0"
    assert sounded("sea").rhyme == sounded("me").rhyme == sounded("thee").rhyme
    assert sounded("sea").rhyme != sounded("say").rhyme
    assert sounded("zzyzxb").stresses  # not in the dictionary: guessed
    assert mood("O joy and love and laughter!") > 0.5
    assert mood("Grief and death and despair") < -0.5
    found = attributes_of([("I love the merry sun", "And all is joy and fun"), ("A", "Dark")])
    assert found[0, ATTRIBUTES.index("rhyming")] == 1
    assert found[0, ATTRIBUTES.index("length")] == 12


def test_it_learns_and_z_is_heard(run):
    made, before = run
    nats, kl = told_nats(made.average_encoder, made.average, made.held)
    assert float(nats.mean()) < 0.75 * before
    assert float(kl.sum(dim=1).mean()) > 0.3
    means = made.average_encoder(made.held.tokens)[0]
    truth = attributes_of(made.held_pairs)[:, ATTRIBUTES.index("length")]
    assert np.corrcoef(means[:, 0].detach().numpy(), truth)[0, 1] > 0.5


def test_every_parameter_learns(run):
    made, _ = run
    loss, _ = made._loss(made.train.some(torch.arange(16)), made.scores[:16])
    made.optimisers.parameters[0].grad = None
    for one in made.optimisers.parameters:
        one.grad = None
    loss.backward()
    assert all(
        one.grad is not None and one.grad.abs().sum() > 0 for one in made.optimisers.parameters
    )


def test_the_sum_over_some_words_is_that_over_all_in_the_mean(run):
    made, _ = run
    logits = torch.randn(len(made.lexicon))
    truth = torch.tensor([20, 21, 21])
    sums = []
    for _ in range(400):
        among, places, offset = made._some(truth)
        assert among[places].tolist() == truth.tolist()
        sums.append(float((logits[among] + offset).exp().sum()))
    assert math.isclose(np.mean(sums), float(logits.exp().sum()), rel_tol=0.03)


def test_the_writer_sums_as_the_network_does(run):
    made, _ = run
    writer = Writer(made.average, made.lexicon)
    z = np.random.default_rng(0).standard_normal((4, SMALL.z_dim)).astype(np.float32)
    tokens = writer.write(z)
    texts = [tuple(made.lexicon.text(one).split("\n")) for one in tokens]
    rows = told(texts, made.lexicon)
    logits = made.average(torch.from_numpy(z), rows.tokens, rows.traits)
    for n, row in enumerate(tokens):
        wished = writer._wished(z[n : n + 1])
        wished.pull[:] = 0
        page = Page()
        for t, token in enumerate(row):
            (features,) = writer._features([page], wished.blocks)
            ours = features @ writer.table + writer.state["bias"]
            assert np.abs(ours - logits[n, t].detach().numpy()).max() < 1e-3
            writer._put(page, token)


def test_a_resumed_run_goes_on(run, data):
    made, _ = run
    state = copy.deepcopy(made.state())
    other = CoupletTraining(data, SMALL)
    other.restore(state)
    z = torch.randn(2, SMALL.z_dim)
    some = made.held.some(torch.arange(2))
    for one in (made, other):
        torch.manual_seed(5)
        one.step(0.5)
    assert torch.equal(
        made.decoder(z, some.tokens, some.traits), other.decoder(z, some.tokens, some.traits)
    )


def test_on_the_meta_device():
    with torch.device("meta"):
        decoder = Decoder(tiny_sizes(40))
        rows = torch.zeros(2, 9, dtype=torch.long)
        traits = told([("Go", "On")], lexicon([("Go", "On")], 1)).traits
        traits = type(traits)(rows, rows, rows, rows, rows)
        assert decoder(torch.zeros(2, 24), rows, traits, forgotten=0.2).device.type == "meta"


def test_the_weight_is_steered_to_the_target():
    assert steered(0.1, 2.0) > 0.1 > steered(0.1, 0.5)
    assert steered(1e-3, 0.0) == 1e-3


def test_embeddings_are_alike_where_neighbours_are():
    one = torch.tensor([1, 2, 1, 2, 3, 3, 4])
    other = torch.tensor([5, 5, 6, 6, 7, 8, 7])
    found = embeddings([(one, other)], 9, 4)
    alike = torch.nn.functional.cosine_similarity
    assert alike(found[1], found[2], 0) > 0.99
    assert abs(float(alike(found[1], found[3], 0))) < 0.5


def test_scores_are_spread_as_a_normal_is():
    found = normal_scores(np.array([3.0, 3.0, 1.0, 9.0]))
    assert found[0] == found[1]
    assert found[2] < found[0] < found[3]


def test_the_command_writes_a_model_that_plays_and_its_sliders(data, tmp_path):
    out = tmp_path / "wren"
    small = [f"{k}={v}" for k, v in vars(SMALL).items() if k != "precision"]
    told_all = [part for one in small for part in ("--set", one)]
    call = ["couplet", "--data", str(data), "--out", str(out), "--max-steps", "4", *told_all]
    assert main(call) == 0
    names = {one.name for one in out.iterdir()}
    assert {"config.json", WEIGHTS, ENCODER, WORDS} <= names
    assert "morph" in next(out.glob("sheet-*.txt")).read_text()
    found = couplet_directions.find(out, count=12, draws=60)
    assert [one.name for one in found] == list(ATTRIBUTES)
    listed = json.loads((out / "directions.json").read_text())["directions"]
    assert [one["name"] for one in listed if one["kind"] == "pca"] == [
        f"pca_{n}" for n in range(1, 5)
    ]
    wren = catalog.load(out)
    sliders = [c.name for c in wren.controls if c.direction]
    assert sliders == [one["name"] for one in listed]
    assert len(str(wren.render(wren.request(seed=1)).data).splitlines()) == 2
