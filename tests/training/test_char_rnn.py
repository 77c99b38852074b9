"""Verse letter by letter learns, resumes, and its command writes a model that plays."""

import copy
from dataclasses import replace

import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.networks.stanza_files import read_tokenizer
from pipelines.training.__main__ import main
from pipelines.training.char_rnn import CharRecipe, CharTraining
from tests.tiny_stanza import write_stanzas

SMALL = CharRecipe(
    batch_tokens=600,
    learning_rate=3e-2,
    embedding_rate=2e-2,
    width=12,
    memory=32,
    ema=0.9,
    leave_out=0.1,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_stanzas(tmp_path_factory.mktemp("stanzas") / "poetry", 800)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_it_learns_and_resumes(data, precision):
    torch.manual_seed(0)
    recipe = replace(SMALL, precision=precision)
    run = CharTraining(data, recipe)
    before = run.held_bits()
    for number in range(50):
        figures = run.step(number / 80)
    assert run.held_bits() < before - 1
    assert figures["loss"] > 0
    other = CharTraining(data, recipe)
    other.restore(copy.deepcopy(run.state()))
    states = []
    for one in (run, other):
        one.left = 0
        torch.manual_seed(5)
        one.step(0.9)
        states.append(one.model.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_gradients_reach_every_parameter_and_each_has_one_optimiser(data):
    run = CharTraining(data, SMALL)
    run.step(0.1)
    taken = [
        id(one)
        for optimiser in (run.muon, run.adam)
        for group in optimiser.param_groups
        for one in group["params"]
    ]
    assert sorted(taken) == sorted(id(one) for one in run.model.parameters())
    assert all(one.grad.abs().sum() > 0 for one in run.model.parameters())
    (embeddings,) = [one for one in run.adam.param_groups[0]["params"] if one.ndim > 1]
    assert embeddings is run.model.tokens.weight


def test_the_command_writes_a_model_that_plays(data, tmp_path):
    settings = ["batch_tokens=400", "width=12", "memory=24", "num_layers=1"]
    given = ["char-rnn", "--data", str(data), "--out", str(tmp_path / "poet"), "--max-steps", "3"]
    assert main([*given, *(part for one in settings for part in ("--set", one))]) == 0
    instrument = Catalog((tmp_path,)).load("poet")
    assert len(instrument.render(instrument.request(form="octave")).data.splitlines()) == 8
    on = tmp_path / "further"
    given = ["char-rnn", "--data", str(data), "--out", str(on), "--start", str(tmp_path / "poet")]
    assert main([*given, "--max-steps", "1"]) == 0
    vocabularies = [read_tokenizer(one).get_vocab() for one in (on, tmp_path / "poet")]
    assert vocabularies[0] == vocabularies[1]
    assert main(["char-rnn", "--data", str(tmp_path), "--out", str(on)]) == 2
