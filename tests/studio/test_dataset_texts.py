"""Choices between poems as TRL reads them: one step of its ``DPOTrainer``, as they are."""

from __future__ import annotations

import math

import pytest
import torch

from pipelines.catalog import Catalog
from studio.library import Event
from studio.persons import LOCAL
from tests.studio.boxes import ask, house_of, packed, request
from tests.tiny_stanza import tiny_stanza_folder
from tests.tiny_verse import tiny_tang_folder

OFFLINE = {"report_to": [], "disable_tqdm": True, "save_strategy": "no"}


@pytest.mark.filterwarnings("ignore:.*(deprecated|pin_memory):")  # TRL's own
@pytest.mark.parametrize(
    ("write", "model", "prompt"),
    [(tiny_tang_folder, "tiny-tang", "<7x4>"), (tiny_stanza_folder, "tiny-stanza", "<4>")],
)
def test_poems_train_their_own_model_in_trl_as_they_are(write, model, prompt, load, tmp_path):
    from transformers import AutoTokenizer, LlamaForCausalLM
    from trl import DPOConfig, DPOTrainer

    folder = write(tmp_path / "models")
    with house_of(tmp_path / "models", tmp_path / "library") as house:
        ask(house, 1, 2, "left", model=model)
        ask(house, 3, 4, "right", model=model)
        assert packed(house, tmp_path / "a.zip").rows["pairs"] == 2
        poem = house.render(request(house, 1, model)).words
        reading = Catalog((tmp_path / "models",)).load(model).pipeline.reading
    pairs = load(tmp_path / "a.zip", "pairs")
    assert set(pairs["prompt"]) == {prompt}
    tokenizer = AutoTokenizer.from_pretrained(folder)
    row = next(one for one in pairs if one["chosen"].replace("<", "\n<").count(poem[:7]))
    told = tokenizer(row["prompt"] + row["chosen"]).input_ids
    form = "7x4" if model == "tiny-tang" else "quatrain"
    assert told == reading(poem, form)[:-1], "but for the end, which TRL adds"

    llama = LlamaForCausalLM.from_pretrained(folder)
    before = llama.model.layers[0].mlp.up_proj.weight.detach().clone()
    settings = DPOConfig(
        output_dir=str(tmp_path / "out"), max_steps=1, use_cpu=True, learning_rate=1e-3, **OFFLINE
    )
    trainer = DPOTrainer(llama, args=settings, train_dataset=pairs, processing_class=tokenizer)
    found = trainer.train()
    assert found.training_loss == pytest.approx(math.log(2), abs=1e-3), "model and reference agree"
    assert not torch.equal(llama.model.layers[0].mlp.up_proj.weight, before)


def test_poems_of_two_forms_stay_texts_under_a_caption(tmp_path, load):
    tiny_tang_folder(tmp_path / "models")
    with house_of(tmp_path / "models", tmp_path / "library") as house:
        one = request(house, 1, "tiny-tang")
        other = house.shelf.instrument("tiny-tang").change(one, form="5x4")
        sides = {"left": one.to_dict(), "right": other.to_dict()}
        house.library.record(
            LOCAL, Event("pair", request=one.to_json(), payload={**sides, "answer": "left"})
        )
        packed(house, tmp_path / "a.zip")
        poem = house.render(one).words
    (row,) = load(tmp_path / "a.zip", "pairs")
    assert row["prompt"] == "Tiny verse"
    assert row["chosen"] == poem
