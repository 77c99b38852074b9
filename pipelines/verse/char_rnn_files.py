"""What a model of verse letter by letter is made of; see `pipelines.verse.stanza_files`."""

from __future__ import annotations

from pipelines.networks.char_rnn_decoding import CharDecoder
from pipelines.networks.char_rnn_files import load_char_rnn, save_char_rnn
from pipelines.networks.network_files import WEIGHTS
from pipelines.verse.stanza_files import Kind

__all__ = ["LSTM"]

LSTM = Kind(WEIGHTS, load_char_rnn, CharDecoder.of, save_char_rnn, single=True)
