"""The network of letters: its step in NumPy, what is left out of it, its files."""

import pytest
import torch

from pipelines.networks.char_rnn import CharLSTM, CharSizes
from pipelines.networks.char_rnn_decoding import CharDecoder
from pipelines.networks.char_rnn_files import load_char_rnn, save_char_rnn
from pipelines.networks.network_files import WEIGHTS
from pipelines.networks.recurrent import left_out, recur
from pipelines.networks.stanza_files import read_tokenizer

TEXT = "<2><line>I saw the river by the sea,<line1>The old wind o’er the tree.</s>"


@pytest.fixture
def folder(char_rnn_root):
    return char_rnn_root / "tiny-char-rnn"


@pytest.fixture
def numbers(folder):
    return read_tokenizer(folder).encode(TEXT).ids


def test_every_letter_is_a_token(folder, numbers):
    tokens = read_tokenizer(folder).encode(TEXT).tokens
    assert tokens[:5] == ["<2>", "<line>", "▁", "I", "▁"]
    assert all(len(one) == 1 or one.startswith("<") for one in tokens)


def test_the_decoder_gives_the_network_s_logits_when_it_goes_back(folder, numbers):
    poet = load_char_rnn(folder)
    decoder = CharDecoder.of(poet)
    memory = decoder.begin()
    decoder.extend(memory, [*numbers[:6], 40, 41, 42])
    memory.length = 6
    found = decoder.extend(memory, numbers[6:])
    assert memory.length == len(numbers)
    with torch.inference_mode():
        whole = poet(torch.tensor([numbers]))[0, -1].numpy()
        cache = poet.begin()
        for number in numbers:
            step = poet.extend(cache, torch.tensor([[number]]))[0].numpy()
    assert whole.std() > 0.5, "there is something to compare"
    assert abs(found - whole).max() < 1e-4
    assert abs(step - whole).max() < 1e-4


def test_a_recurrent_network_has_no_control_vectors(folder):
    with pytest.raises(ValueError, match="no control vectors"):
        CharDecoder.of(load_char_rnn(folder)).begin(torch.zeros(2, 24).numpy())


def test_the_same_numbers_are_left_out_at_every_step():
    torch.manual_seed(0)
    kept = left_out(torch.ones(3, 8, 50), 0.4)
    assert (kept == kept[:, :1]).all()
    assert not (kept[0] == kept[1]).all()
    assert 0.4 < float((kept > 0).float().mean()) < 0.8
    assert (left_out(kept, 0.0) == kept).all()


def test_recurrent_weights_are_left_out_in_training_alone():
    torch.manual_seed(0)
    lstm, x = torch.nn.LSTM(5, 7, 1, batch_first=True), torch.randn(2, 6, 5)
    whole = recur(lstm, 0, x)
    assert torch.equal(whole, recur(lstm, 0, x))
    thinned = recur(lstm, 0, x, 0.5)
    assert torch.equal(thinned[:, 0], whole[:, 0]), "there is no memory at first"
    assert not torch.allclose(thinned[:, 1:], whole[:, 1:])


def test_a_forward_and_a_training_step_make_no_tensor_elsewhere():
    with torch.device("meta"):
        model = CharLSTM(CharSizes(30, width=8, memory=12, num_layers=2))
        logits = model(torch.zeros(2, 9, dtype=torch.long), 0.2, 0.2)
        logits.sum().backward()
    assert all(one.grad is not None and one.grad.is_meta for one in model.parameters())


def test_saved_and_loaded_again_it_is_the_same(folder, tmp_path):
    save_char_rnn(load_char_rnn(folder), read_tokenizer(folder), tmp_path, {"family": "char-rnn"})
    assert (tmp_path / WEIGHTS).read_bytes() == (folder / WEIGHTS).read_bytes()
    assert read_tokenizer(tmp_path).get_vocab() == read_tokenizer(folder).get_vocab()
