"""The choir is a Llama: the same logits in transformers, and in NumPy token by token."""

import numpy as np
import pytest
import torch

from pipelines.music.chorale_grid import vocabulary
from pipelines.networks.chorale_files import WEIGHTS, load_choir, save_choir
from pipelines.networks.decoding import PoemDecoder
from pipelines.networks.verse import PoemSizes, PoemTransformer

TEXT = "<begin> <major> <4/4> <key-5> <bar-8> <beat1> <s65+1> S64:4 B48:2 B47:2 A60:4 T55:4"


@pytest.fixture(scope="module")
def folder(chorale_root):
    return chorale_root / "tiny-chorale"


def test_transformers_loads_the_folder_as_it_is(folder):
    from transformers import AutoTokenizer, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = AutoTokenizer.from_pretrained(folder)
    llama = LlamaForCausalLM.from_pretrained(folder).eval()
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    numbers = tokenizer(TEXT, return_tensors="pt").input_ids
    names = vocabulary().names
    assert [names[i] for i in numbers[0]] == TEXT.split()
    assert tokenizer.decode(numbers[0]) == TEXT
    assert tokenizer("H").input_ids == [names.index("<unk>")]
    with torch.inference_mode():
        ours, theirs = load_choir(folder)(numbers), llama(numbers).logits
    assert ours.std() > 1, "there is something to compare"
    assert (ours - theirs).abs().max() < 1e-4


def test_token_by_token_the_logits_are_the_network_s(folder):
    model = load_choir(folder)
    choir, tokens = PoemDecoder.of(model), torch.randint(0, len(vocabulary().names), (1, 40))
    with torch.inference_mode():
        whole = model(tokens)[0].numpy()
    memory, read = choir.begin(), 0
    for until in (3, 4, 5, 17, 18, 40):
        found = choir.extend(memory, tokens[0, read:until].tolist())
        read = until
        assert memory.length == until
        assert np.abs(found - whole[until - 1]).max() < 1e-4


def test_the_scales_of_norms_are_heard(folder):
    """They are ones after training here, but need not be in a folder from elsewhere."""
    model = load_choir(folder)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.uniform_(0.5, 2)
    tokens = torch.randint(0, len(vocabulary().names), (1, 12))
    with torch.inference_mode():
        whole = model(tokens)[0, -1].numpy()
    choir = PoemDecoder.of(model)
    assert np.abs(choir.extend(choir.begin(), tokens[0].tolist()) - whole).max() < 1e-4


def test_saved_and_loaded_again_it_is_the_same(folder, tmp_path):
    save_choir(load_choir(folder), tmp_path)
    assert (tmp_path / WEIGHTS).read_bytes() == (folder / WEIGHTS).read_bytes()


def test_other_tokens_and_shorter_sequences_are_refused(tmp_path):
    for tokens, length, rule in ((40, 2048, "number of tokens"), (951, 64, "other tokens")):
        sizes = PoemSizes(tokens, width=16, hidden=24, num_layers=1, num_heads=2, length=length)
        save_choir(PoemTransformer(sizes), tmp_path)
        with pytest.raises(ValueError, match=rule):
            load_choir(tmp_path)
