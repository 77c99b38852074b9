"""The poet is a Llama: the same logits in transformers, with a cache and without."""

import numpy as np
import pytest
import torch

from pipelines.networks.verse import PoemSizes, PoemTransformer
from pipelines.networks.verse_files import WEIGHTS, load_poet, read_tokens, save_poet
from pipelines.verse.tang_files import read


@pytest.fixture(scope="module")
def folder(tang_root):
    return tang_root / "tiny-tang"


def test_transformers_loads_the_folder_as_it_is(folder):
    from transformers import AutoTokenizer, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = AutoTokenizer.from_pretrained(folder)
    llama = LlamaForCausalLM.from_pretrained(folder).eval()
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    assert llama.dtype == torch.float32
    text = "<5x4>白日依山盡，\n黃河入海流。"
    numbers = tokenizer(text, return_tensors="pt").input_ids
    poet, tokens = load_poet(folder), read_tokens(folder)
    assert [tokens[i] for i in numbers[0]] == ["<5x4>", *"白日依山盡，黃河入海流。"]
    assert tokenizer.decode(numbers[0], skip_special_tokens=True) == "白日依山盡，黃河入海流。"
    assert tokenizer("龘").input_ids == [tokens.index("<unk>")]
    with torch.inference_mode():
        ours, theirs = poet(numbers), llama(numbers).logits
    assert ours.std() > 1, "there is something to compare"
    assert (ours - theirs).abs().max() < 1e-4


def test_a_cache_gives_the_same_logits(folder):
    poet = load_poet(folder)
    tokens = torch.randint(0, poet.sizes.num_tokens, (3, 17))
    with torch.inference_mode():
        whole = poet(tokens)
        cache = poet.begin(3)
        for start, end in ((0, 4), (4, 5), (5, 11), (11, 17)):
            found = poet.extend(cache, tokens[:, start:end])
            assert cache.length == end
            assert (found - whole[:, end - 1]).abs().max() < 1e-4


def test_no_place_sees_what_comes_later(folder):
    poet = load_poet(folder)
    tokens = torch.randint(0, poet.sizes.num_tokens, (1, 12))
    changed = tokens.clone()
    changed[0, 7] = (tokens[0, 7] + 1) % poet.sizes.num_tokens
    with torch.inference_mode():
        apart = (poet(tokens) - poet(changed)).abs().amax(dim=2)[0]
    assert apart[:7].max() == 0
    assert apart[7:].min() > 1e-3


def test_it_runs_and_learns_on_meta():
    with torch.device("meta"):
        poet = PoemTransformer(PoemSizes(50, width=16, hidden=24, num_layers=2, num_heads=2))
        logits = poet(torch.zeros(2, 9, dtype=torch.long))
    assert logits.shape == (2, 9, 50)
    logits.sum().backward()
    assert all(one.grad is not None for one in poet.parameters())


def test_saved_and_loaded_again_it_is_the_same(folder, tmp_path):
    poet, tokens = load_poet(folder), read_tokens(folder)
    save_poet(poet, tokens, tmp_path, {"family": "tang"})
    assert (tmp_path / WEIGHTS).read_bytes() == (folder / WEIGHTS).read_bytes()
    assert read_tokens(tmp_path) == tokens
    assert load_poet(tmp_path).sizes == poet.sizes


def test_tables_follow_the_tokens(folder):
    parts = read(folder)
    assert parts.rhymes.shape == (len(parts.tokens),)
    assert parts.rhymes[parts.number("流")] == parts.rhymes[parts.number("樓")] >= 0
    assert parts.rhymes[parts.number("白")] == -1
    assert {parts.tokens[i] for i in np.flatnonzero(~parts.characters)} >= {"，", "<pad>", "<5x4>"}
