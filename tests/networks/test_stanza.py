"""The network of English verse is a Llama that ``transformers`` loads as it is."""

import pytest
import torch
from transformers import AutoTokenizer, LlamaForCausalLM, PreTrainedTokenizerFast

from pipelines.networks.decoding import PoemDecoder
from pipelines.networks.stanza_files import read_tokenizer, save_stanza_poet
from pipelines.networks.verse_files import WEIGHTS, load_poet

TEXT = "<2><line>I saw the river by the sea,<line1>The old wind o’er the tree.</s>"


@pytest.fixture
def folder(stanza_root):
    return stanza_root / "tiny-stanza"


def test_transformers_loads_it_and_agrees(folder):
    llama = LlamaForCausalLM.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    numbers = tokenizer(TEXT, return_tensors="pt").input_ids
    assert numbers[0].tolist() == read_tokenizer(folder).encode(TEXT).ids
    names = tokenizer.convert_ids_to_tokens(numbers[0])
    assert [names[0], names[1], names[-1]] == ["<2>", "<line>", "</s>"]
    assert tokenizer.decode(numbers[0, 2:8], skip_special_tokens=True).startswith("I saw the")
    with torch.inference_mode():
        ours, theirs = load_poet(folder)(numbers), llama(numbers).logits
    assert ours.std() > 0.5, "there is something to compare"
    assert (ours - theirs).abs().max() < 1e-4


def test_the_decoder_gives_the_network_s_logits_when_it_goes_back(folder):
    """Words that are drawn again are read over what was read."""
    poet = load_poet(folder)
    decoder, numbers = PoemDecoder.of(poet), read_tokenizer(folder).encode(TEXT).ids
    memory = decoder.begin()
    decoder.extend(memory, [*numbers[:6], 40, 41, 42])
    memory.length = 6
    found = decoder.extend(memory, numbers[6:])
    with torch.inference_mode():
        whole = poet(torch.tensor([numbers]))[0, -1].numpy()
    assert abs(found - whole).max() < 1e-4


def test_saved_and_loaded_again_it_is_the_same(folder, tmp_path):
    save_stanza_poet(load_poet(folder), read_tokenizer(folder), tmp_path, {"family": "stanza"})
    assert (tmp_path / WEIGHTS).read_bytes() == (folder / WEIGHTS).read_bytes()
    assert read_tokenizer(tmp_path).get_vocab() == read_tokenizer(folder).get_vocab()
