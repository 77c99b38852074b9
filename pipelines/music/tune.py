"""Dance tunes from a recurrent network, as folk-rnn writes them.

Equations (Hochreiter and Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735; Sturm et
al. 2016, folk-rnn, https://arxiv.org/abs/1604.08723)::

    x ~ N(0, I)      seed -> latent map of `pipelines.latents`, for every sixteenth, [D]
    e_i = argmax_e log p(e | told, e_1 ... e_(i-1)) + G(f_e . x)

with G and f as in `pipelines.music.tune_writing`, and p an LSTM that also sees what stood at the
same place 1, 2, 4 and 8 bars earlier (`pipelines.networks.tune`).

It hears every tune in C; the key is a transposition. Dance and metre, key, bars, tempo and
instrument are obeyed exactly, and a tune closes on its keynote, unless it is to stay open. The
latent is the noise, one layer, [1, 16 x 16 x D], so that Nearby, Breed and Morph travel as in
verse; bars that are kept (``kept_notes``) stay while the others are written anew.

Notes are chosen on the CPU, always: every engine writes the same tune.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached
from pipelines.controls import Control, Value, settings
from pipelines.latents import LatentSpace, on_shell
from pipelines.music.drawing import Chances
from pipelines.music.grid import KEYS, notes_of, transposition
from pipelines.music.keeping import kept_of
from pipelines.music.tune_controls import tune_controls
from pipelines.music.tune_grid import DANCES, MOST_BARS, bars_of
from pipelines.music.tune_writing import SHAPE, Wish, write
from pipelines.music.writing import score_of
from pipelines.pipeline import Card, Run
from pipelines.request import Request, Weights
from pipelines.shaping import FromNoise
from pipelines.unaided import Unaided

if TYPE_CHECKING:
    from pathlib import Path

    from symusic.core import ScoreTick

    from pipelines.music.tune_decoding import Fiddler

__all__ = ["Tune", "load", "score"]

Array = NDArray[np.float32]
Tokens = NDArray[np.int64]
REFERENCE = "torch-cpu-f32"


@dataclass(frozen=True)
class Tune(Unaided, FromNoise):
    """The pipeline of one trained model.

    Attributes:
        card: See `Card`.
        weights: Digest of the weights.
        fiddler: The network, ready to write.
    """

    noise: ClassVar[str] = "tune"

    card: Card
    weights: Weights
    fiddler: Fiddler

    @cached_property
    def latent_space(self) -> LatentSpace:
        """The noise, one layer."""
        return LatentSpace.of_noise((1, int(np.prod(SHAPE))))

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """What the score says, seed, what stays, and how freely notes are drawn."""
        return tune_controls()

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """The score as it grows, bar by bar, then whole.

        Raises:
            ControlError: For kept bars that cannot be read; see `kept_of`.
        """
        run.pause()
        values = settings(self.controls, request.controls)
        noise = on_shell(self.place(request)).reshape(SHAPE)
        bars = int(values["num_bars"])
        for number, tokens in enumerate(self.write(values, noise)):
            run.pause()
            if run.previews or number == bars - 1:
                yield Artifact("music", score(tokens, values), request, REFERENCE)

    def write(self, values: Mapping[str, Value], noise: Array) -> Iterator[Tokens]:
        """The tokens of a tune in C after each bar, shape [T]; see `pipelines.music.grid`.

        Args:
            values: Every control by name.
            noise: Shape `SHAPE`.

        Raises:
            ControlError: See `generate`.
        """
        dance, bars = str(values["dance"]), int(values["num_bars"])
        wish = Wish(
            dance=dance,
            mode=str(values["mode"]),
            bars=bars,
            closes=values["cadence"] == "tonic",
            accidentals=values["accidentals"] == "free",
            kept=kept_of(str(values["kept_notes"]), DANCES[dance], bars, MOST_BARS),
        )
        chances = Chances(
            float(values["temperature"]), float(values["top_p"]), int(values["top_k"])
        )
        for events in write(self.fiddler, wish, noise, chances):
            yield bars_of(events)


def score(tokens: Tokens, values: Mapping[str, Value]) -> ScoreTick:
    """Tokens in C as the score that the controls ask for."""
    key = str(values["key"])
    by = transposition(KEYS.index(key))
    return score_of(
        [replace(note, pitch=note.pitch + by) for note in notes_of(tokens)],
        metre=DANCES[str(values["dance"])],
        bars=int(values["num_bars"]),
        key=key,
        mode=str(values["mode"]),
        tempo=float(values["tempo"]),
        instrument=str(values["instrument"]),
    )


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> Tune:
    """Load a trained model; see `pipelines.catalog.Family`. Its folder holds all its parts."""
    from pipelines.music.tune_decoding import Fiddler
    from pipelines.networks.network_files import weights_of
    from pipelines.networks.tune_files import WEIGHTS, load_tune

    fiddler = Fiddler.of(load_tune(folder))
    return Tune(card, weights_of([folder / WEIGHTS]), fiddler)
